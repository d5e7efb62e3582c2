package sbpl

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// World is what decides how a path is reached: the symlinks and firmlinks of a
// host, as data. Whatever it does not name is taken to be no link.
type World struct {
	id        string
	links     map[string]link   // by the link's own path, folded
	firmlinks map[string]string // from the folded spelling on the data volume
}

// link is a symlink.
type link struct {
	path string // its own, as the kernel prints it
	text string // what it holds
}

// ID names the world; empty where it is that of no host.
func (w *World) ID() string { return w.id }

// dataVolume is where the volume that people write to is mounted.
const dataVolume = "/System/Volumes/Data"

// firmlinks are the folders of the data volume that have their place on the
// system volume, as /usr/share/firmlinks lists them since macOS 10.15.
var firmlinks = strings.Fields(`
/AppleInternal /Applications /Library
/System/Library/Caches /System/Library/Assets /System/Library/PreinstalledAssets
/System/Library/AssetsV2 /System/Library/PreinstalledAssetsV2
/System/Library/CoreServices/CoreTypes.bundle/Contents/Library /System/Library/Speech
/Users /Volumes /cores /opt /private /usr/local /usr/libexec/cups /usr/share/snmp
`)

var macOS = func() *World {
	w := &World{links: map[string]link{}, firmlinks: map[string]string{}}
	for _, path := range firmlinks {
		w.firmlinks[fold(dataVolume+path)] = path
	}
	w, err := w.With(map[string]string{
		"/tmp": "/private/tmp", "/var": "/private/var", "/etc": "/private/etc",
		"/home": dataVolume + "/home",
	})
	if err != nil {
		panic("bug: links of macOS: " + err.Error())
	}
	return w
}()

// MacOS is what every macOS since 10.15 has.
func MacOS() *World { return macOS }

// recorded are the hosts whose links are on record, with what they have beside
// what macOS has.
var recorded = map[string]map[string]string{
	// macOS 14.4.1 (23E224) on arm64, of testdata/sonoma-decisions.json.
	"sonoma-14.4.1-23E224-arm64-dyld-a3a840f9": {
		"/private/tmp/vfs_linkdir/to_var_tmp": "/private/var/tmp",
	},
}

var worldID = regexp.MustCompile(`^[a-z]+(-[a-z]+)*-[0-9]+(\.[0-9]+)*-[0-9]+[A-Z][0-9]+[a-z]?-(arm64e?|x86_64)-dyld-[0-9a-f]{8}$`)

// FindWorld returns the world with that id; a host that is not on record has
// what MacOS has. An id that is not of a Mac is an error.
func FindWorld(id string) (*World, error) {
	if !worldID.MatchString(id) {
		return nil, fmt.Errorf("world %q is not the id of a Mac; write <codename>-<version>-<build>-<arch>-dyld-<8 hex>, such as sonoma-14.4.1-23E224-arm64-dyld-a3a840f9", id)
	}
	w, err := macOS.With(recorded[id])
	if err != nil {
		return nil, fmt.Errorf("bug: world %q: %w", id, err)
	}
	w.id = id
	return w, nil
}

// With returns the world with further symlinks; paths may be spelled through
// links. The error names a path that is not absolute or a link that is a
// firmlink.
func (w *World) With(symlinks map[string]string) (*World, error) {
	given := slices.Sorted(maps.Keys(symlinks))
	for _, path := range given {
		if err := checkLink(path, symlinks[path]); err != nil {
			return nil, err
		}
	}
	// A link may be spelled through another of them, so their own paths are known
	// when none changes any more.
	own := slices.Clone(given)
	for range len(given) + 1 {
		next, err := w.put(own, given, symlinks)
		if err != nil {
			return nil, err
		}
		changed := false
		for i, path := range own {
			// The parent is what is walked: another text for a link of w is not.
			if found := next.walk(path, false); found.failed == "" && found.path != path {
				own[i], changed = found.path, true
			}
		}
		if !changed {
			return next, nil
		}
	}
	return w.put(own, given, symlinks)
}

// put returns the world with the links at their own paths.
func (w *World) put(own, given []string, symlinks map[string]string) (*World, error) {
	next := &World{id: w.id, links: maps.Clone(w.links), firmlinks: w.firmlinks}
	by := map[string]string{}
	for i, path := range own {
		if slices.ContainsFunc(firmlinks, func(folder string) bool { return fold(folder) == fold(path) }) {
			return nil, fmt.Errorf("symlink %q: %s is a folder of macOS itself; leave it out", given[i], path)
		}
		key, text := fold(path), symlinks[given[i]]
		if first, twice := by[key]; twice && symlinks[first] != text {
			return nil, fmt.Errorf("symlinks %q and %q are one, %s, with two targets; leave one out", first, given[i], path)
		}
		by[key] = given[i]
		next.links[key] = link{path, text}
	}
	return next, nil
}

func checkLink(path, text string) error {
	leaf := path[strings.LastIndexByte(path, '/')+1:]
	switch {
	case !strings.HasPrefix(path, "/"):
		return fmt.Errorf("symlink %q is not absolute; write it from /", path)
	case strings.IndexByte(path, 0) >= 0 || strings.IndexByte(text, 0) >= 0:
		return fmt.Errorf("symlink %q has a NUL byte; remove it", path)
	case text == "":
		return fmt.Errorf("symlink %q leads nowhere; give its target", path)
	case leaf == "" || leaf == "." || leaf == "..":
		return fmt.Errorf("symlink %q ends in no name; give the link's own path", path)
	}
	return nil
}
