package world_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/world"
)

// What a Mac with macOS 14.4.1 has in SystemVersion.plist, shortened, and prints.
const (
	versionPlist = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>BuildID</key>
	<string>FE5C4AA4-D5BC-11EE-8F0A-9A8A8B9E0F1D</string>
	<key>ProductBuildVersion</key>
	<string>23E224</string>
	<key>ProductName</key>
	<string>macOS</string>
	<key>ProductVersion</key>
	<string>14.4.1</string>
	<key>iOSSupportVersion</key>
	<string>17.4</string>
</dict>
</plist>
`
	swVers = "ProductName:\t\tmacOS\nProductVersion:\t\t14.4.1\nBuildVersion:\t\t23E224\n"
)

func TestSystemVersion(t *testing.T) {
	want := world.SystemVersion{Name: "macOS", Version: "14.4.1", Build: "23E224"}
	if got, err := world.ParseSystemVersion([]byte(versionPlist)); err != nil || got != want {
		t.Errorf("ParseSystemVersion = %+v, %v, want %+v", got, err, want)
	}
	for _, text := range []string{
		swVers,
		strings.ReplaceAll(swVers, "\n", "\r\n"),
		"ProductName:\tmacOS\nProductVersion:\t14.4.1\nProductVersionExtra:\t(a)\nBuildVersion:\t23E224\n",
	} {
		if got, err := world.ParseSwVers(text); err != nil || got != want {
			t.Errorf("ParseSwVers(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
}

func TestSystemVersionFaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "no product version"},
		{"no build", "ProductName: macOS\nProductVersion: 14.4.1\n", "no build version"},
		{"no version", "ProductName: macOS\nBuildVersion: 23E224\n", "no product version"},
		{"a hyphen", "ProductVersion: 14.4-1\nBuildVersion: 23E224\n", `product version "14.4-1" is not of the form 14.4.1`},
		{"a build of another form", "ProductVersion: 14.4.1\nBuildVersion: beta\n", `build version "beta" is not of the form 23E224`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := world.ParseSwVers(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != (world.SystemVersion{}) {
				t.Errorf("ParseSwVers = %+v, %v, want %q", got, err, tt.want)
			}
		})
	}
	for _, text := range []string{"", "no plist", strings.Replace(versionPlist, "23E224", "", 1), "<plist><array/></plist>"} {
		if got, err := world.ParseSystemVersion([]byte(text)); err == nil || !strings.Contains(err.Error(), "SystemVersion.plist: ") {
			t.Errorf("ParseSystemVersion(%q) = %+v, %v, want an error that names the file", text, got, err)
		}
	}
}

func TestMacOSWorldID(t *testing.T) {
	for _, tt := range []struct {
		arch, version, build, uuid, want string
	}{
		{"arm64", "14.4.1", "23E224", "2c0602c5-1111-3222-8333-444455556666", "sonoma-14.4.1-23E224-arm64-dyld-2c0602c5"},
		{"x86_64", "13.6", "22G120", "00ff0000-1111-3222-8333-444455556666", "ventura-13.6-22G120-x86_64-dyld-00ff0000"},
		{"arm64", "26.1", "25B78", "a0000000-1111-3222-8333-444455556666", "tahoe-26.1-25B78-arm64-dyld-a0000000"},
		{"x86_64", "10.15.7", "19H15", "b0000000-1111-3222-8333-444455556666", "catalina-10.15.7-19H15-x86_64-dyld-b0000000"},
		{"arm64", "99.0", "90A1", "c0000000-1111-3222-8333-444455556666", "macos-99.0-90A1-arm64-dyld-c0000000"},
	} {
		facts := world.Facts{OS: "darwin", Arch: tt.arch, MacOS: &world.MacOS{
			Codename: world.Codename(tt.version), ProductVersion: tt.version, Build: tt.build, DyldUUID: tt.uuid,
		}}
		if got := facts.ID(); got != tt.want {
			t.Errorf("ID = %q, want %q", got, tt.want)
		}
		// What a Mac lets its user do is a fact, not another world.
		facts.UID, facts.MacOS.Model = 501, "Mac14,2"
		if got := facts.ID(); got != tt.want {
			t.Errorf("ID = %q for another user, want %q", got, tt.want)
		}
	}
}

func TestCacheFileUUID(t *testing.T) {
	header := make([]byte, 0x100)
	copy(header, "dyld_v1  arm64e\x00")
	for i := range 16 {
		header[0x58+i] = byte(0x20 + i)
	}
	const want = "20212223-2425-2627-2829-2a2b2c2d2e2f"
	if got, err := world.CacheFileUUID(header); err != nil || got != want {
		t.Errorf("CacheFileUUID = %q, %v, want %q", got, err, want)
	}
	for _, bad := range [][]byte{nil, header[:0x60], append([]byte("elf"), header...)} {
		if got, err := world.CacheFileUUID(bad); err == nil {
			t.Errorf("CacheFileUUID of %d bytes = %q, want an error", len(bad), got)
		}
	}
}

// FuzzSystemVersion: what is taken makes an id of as many parts as the format has.
func FuzzSystemVersion(f *testing.F) {
	f.Add(versionPlist)
	f.Add(swVers)
	f.Add("ProductVersion: 1.2\nBuildVersion: 1A1")
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func() (world.SystemVersion, error){
			func() (world.SystemVersion, error) { return world.ParseSwVers(text) },
			func() (world.SystemVersion, error) { return world.ParseSystemVersion([]byte(text)) },
		} {
			v, err := parse()
			if err != nil {
				continue
			}
			facts := world.Facts{Arch: "arm64", MacOS: &world.MacOS{
				Codename: world.Codename(v.Version), ProductVersion: v.Version, Build: v.Build, DyldUUID: "2c0602c5-",
			}}
			if parts := strings.Split(facts.ID(), "-"); len(parts) != 6 || parts[4] != "dyld" {
				t.Errorf("%+v makes the id %q", v, facts.ID())
			}
		}
	})
}
