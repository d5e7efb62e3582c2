package world

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
)

// survey learns what a Mac is. What the id is made of must be known: a world
// without a name is no world to speak of.
func survey() (Facts, error) {
	f, err := surveyUnix()
	if err != nil {
		return Facts{}, err
	}
	data, err := os.ReadFile("/" + SystemVersionFile)
	if err != nil {
		return Facts{}, fmt.Errorf("survey: %w", err)
	}
	v, err := ParseSystemVersion(data)
	if err != nil {
		return Facts{}, fmt.Errorf("survey: %w", err)
	}
	uuid, err := libsystem.SharedCacheUUID()
	if err != nil {
		return Facts{}, fmt.Errorf("survey: %w", err)
	}
	f.MacOS = &MacOS{
		Codename: codename(v.Version), ProductVersion: v.Version, Build: v.Build, DyldUUID: uuidText(uuid),
	}
	if f.MacOS.KernelBuild, err = unix.Sysctl("kern.osversion"); err != nil {
		return Facts{}, fmt.Errorf("survey: sysctl kern.osversion: %w", err)
	}
	// Only systems that can translate have the variable.
	translated, err := unix.SysctlUint32("sysctl.proc_translated")
	f.MacOS.Translated = err == nil && translated == 1
	f.MacOS.Model, _ = unix.Sysctl("hw.model") // a name for readers, which nothing rests on
	if config, err := libsystem.CSRConfig(); err != nil {
		f.MacOS.CSRReason = err.Error()
	} else {
		f.MacOS.CSRConfig = &config
	}
	return f, nil
}
