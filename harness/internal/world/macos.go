package world

import (
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"howett.net/plist"
)

// MacOS is what identifies a macOS world beside what every system has.
type MacOS struct {
	Codename       string `json:"codename"`        // "sonoma"; "macos" for a version that has none here
	ProductVersion string `json:"product_version"` // "14.4.1"
	Build          string `json:"build"`           // "23E224"
	KernelBuild    string `json:"kernel_build"`    // as the kernel knows it: differs after a rapid security response
	DyldUUID       string `json:"dyld_uuid"`       // of the shared cache, lower case: "2c0602c5-…"

	Translated bool    `json:"translated"`           // by Rosetta
	Model      string  `json:"model,omitempty"`      // "Mac14,2"
	CSRConfig  *uint32 `json:"csr_config"`           // what System Integrity Protection lets through; 0: nothing
	CSRReason  string  `json:"csr_reason,omitempty"` // why it is not known
}

// id names the world: <codename>-<version>-<build>-<arch>-dyld-<8 hex>, the hex
// the first of the shared cache's UUID.
func (m *MacOS) id(arch string) string {
	return fmt.Sprintf("%s-%s-%s-%s-dyld-%.8s", m.Codename, m.ProductVersion, m.Build, arch, m.DyldUUID)
}

// SystemVersion is what a system says of itself in SystemVersion.plist and by
// sw_vers(1).
type SystemVersion struct {
	Name    string `plist:"ProductName"`
	Version string `plist:"ProductVersion"`
	Build   string `plist:"ProductBuildVersion"`
}

// SystemVersionFile is where every macOS has its SystemVersion.
const SystemVersionFile = "System/Library/CoreServices/SystemVersion.plist"

// ParseSystemVersion reads SystemVersion.plist.
func ParseSystemVersion(data []byte) (SystemVersion, error) {
	var v SystemVersion
	if _, err := plist.Unmarshal(data, &v); err != nil {
		return SystemVersion{}, fmt.Errorf("/%s: %w", SystemVersionFile, err)
	}
	if err := v.check(); err != nil {
		return SystemVersion{}, fmt.Errorf("/%s: %w", SystemVersionFile, err)
	}
	return v, nil
}

// ParseSwVers reads what sw_vers prints: a key, a colon, tabs and a value on each
// line. Keys that came later are skipped.
func ParseSwVers(text string) (SystemVersion, error) {
	var v SystemVersion
	fields := map[string]*string{"ProductName": &v.Name, "ProductVersion": &v.Version, "BuildVersion": &v.Build}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if at := fields[key]; ok && at != nil && *at == "" {
			*at = strings.TrimSpace(value)
		}
	}
	if err := v.check(); err != nil {
		return SystemVersion{}, fmt.Errorf("sw_vers: %w", err)
	}
	return v, nil
}

// The spellings a world id is made of: none may hold the hyphen that parts it.
var (
	versionText = regexp.MustCompile(`^[0-9]+(\.[0-9]+){0,3}$`)
	buildText   = regexp.MustCompile(`^[0-9]+[A-Z][0-9]+[a-z]?$`)
)

func (v SystemVersion) check() error {
	switch {
	case v.Version == "":
		return errors.New("no product version")
	case !versionText.MatchString(v.Version):
		return fmt.Errorf("product version %q is not of the form 14.4.1", v.Version)
	case v.Build == "":
		return errors.New("no build version")
	case !buildText.MatchString(v.Build):
		return fmt.Errorf("build version %q is not of the form 23E224", v.Build)
	}
	return nil
}

// codenames by major version, since macOS 11; before, by major and minor.
var codenames = map[string]string{
	"10.15": "catalina", "11": "bigsur", "12": "monterey", "13": "ventura", "14": "sonoma", "15": "sequoia", "26": "tahoe",
}

// codename is a version's name, "macos" where none is known.
func codename(version string) string {
	parts := strings.SplitN(version, ".", 3)
	key := parts[0]
	if key == "10" && len(parts) > 1 {
		key += "." + parts[1]
	}
	if name := codenames[key]; name != "" {
		return name
	}
	return "macos"
}

// uuidText is a UUID as RFC 9562 writes it.
func uuidText(u [16]byte) string {
	h := hex.EncodeToString(u[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// CacheFileUUID reads the UUID off the first bytes of a dyld shared cache's file:
// 16 bytes at 0x58 of dyld_cache_header (<mach-o/dyld_cache_format.h>), whose
// magic begins "dyld_v".
func CacheFileUUID(header []byte) (string, error) {
	const at = 0x58
	switch {
	case len(header) < at+16:
		return "", fmt.Errorf("%d bytes are no header of a dyld shared cache", len(header))
	case !strings.HasPrefix(string(header), "dyld_v"):
		return "", fmt.Errorf("%q begins no dyld shared cache", header[:8])
	}
	return uuidText([16]byte(header[at : at+16])), nil
}
