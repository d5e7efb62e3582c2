//go:build !darwin && seatbelt_fake

package world

// survey is of a stand-in for macOS, by a name that no Mac has.
func survey() (Facts, error) {
	f, err := surveyUnix()
	if err != nil {
		return Facts{}, err
	}
	f.OS = "fakeos"
	f.MacOS = &MacOS{Codename: "fakeos", ProductVersion: "0.0", Build: "0A0", KernelBuild: "0A0", DyldUUID: uuidText([16]byte{})}
	return f, nil
}
