package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
	"github.com/rtgen/rtgen/harness/internal/world"
)

var worldChecks = map[string]check{
	"version":      checkVersion,
	"kernel-build": checkKernelBuild,
	"arch":         checkArch,
	"dyld-uuid":    checkDyldUUID,
	"csr-config":   checkCSRConfig,
}

func systemVersion() (world.SystemVersion, error) {
	data, err := os.ReadFile("/" + world.SystemVersionFile)
	if err != nil {
		return world.SystemVersion{}, err
	}
	return world.ParseSystemVersion(data)
}

func checkVersion() (string, error) {
	read, err := systemVersion()
	if err != nil {
		return "", err
	}
	text, err := exec.Command("/usr/bin/sw_vers").Output()
	if err != nil {
		return "", unchecked("sw_vers: %v", err)
	}
	printed, err := world.ParseSwVers(string(text))
	switch {
	case err != nil:
		return "", err
	case read != printed:
		return "", fmt.Errorf("the file has %+v, sw_vers prints %+v", read, printed)
	}
	return fmt.Sprintf("%s %s %s", read.Name, read.Version, read.Build), nil
}

func checkKernelBuild() (string, error) {
	v, err := systemVersion()
	if err != nil {
		return "", unchecked("%v", err)
	}
	kernel, err := unix.Sysctl("kern.osversion")
	switch {
	case err != nil:
		return "", err
	// A response has the build that it is made for, with another number and a letter.
	case !strings.HasPrefix(kernel, v.Build[:min(len(v.Build), 3)]):
		return "", fmt.Errorf("the kernel is %s, the system %s", kernel, v.Build)
	}
	return fmt.Sprintf("kernel %s, system %s", kernel, v.Build), nil
}

func checkArch() (string, error) {
	facts, err := world.Survey()
	if err != nil {
		return "", unchecked("%v", err)
	}
	want := map[string]string{"arm64": "arm64", "amd64": "x86_64"}[runtime.GOARCH]
	if facts.Arch != want {
		return "", fmt.Errorf("uname says %q to a program for %s", facts.Arch, runtime.GOARCH)
	}
	return fmt.Sprintf("%s, translated %v, %s", facts.Arch, facts.MacOS.Translated, facts.MacOS.Model), nil
}

// sharedCaches are the folders that shared caches lie in, since macOS 13 in a
// cryptex.
var sharedCaches = []string{
	"/System/Volumes/Preboot/Cryptexes/OS/System/Library/dyld",
	"/System/Cryptexes/OS/System/Library/dyld",
	"/System/Library/dyld",
}

func checkDyldUUID() (string, error) {
	uuid, err := libsystem.SharedCacheUUID()
	if err != nil {
		return "", err
	}
	mapped := fmt.Sprintf("%x", uuid)
	var others []string
	for _, dir := range sharedCaches {
		for _, arch := range []string{"arm64e", "arm64", "x86_64h", "x86_64"} {
			path := dir + "/dyld_shared_cache_" + arch
			found, err := cacheUUID(path)
			switch {
			case os.IsNotExist(err):
			case err != nil:
				others = append(others, path+": "+err.Error())
			case strings.ReplaceAll(found, "-", "") == mapped:
				return fmt.Sprintf("%s, that of %s", found, path), nil
			default:
				others = append(others, path+" has "+found)
			}
		}
	}
	if others == nil {
		return "", unchecked("%s is mapped, and no shared cache's file is in %s", mapped, strings.Join(sharedCaches, ", "))
	}
	return "", fmt.Errorf("%s is mapped; %s", mapped, strings.Join(others, ", "))
}

func cacheUUID(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	header := make([]byte, 0x100)
	n, err := f.Read(header)
	if err != nil {
		return "", err
	}
	return world.CacheFileUUID(header[:n])
}

func checkCSRConfig() (string, error) {
	config, err := libsystem.CSRConfig()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%#x", config), nil
}
