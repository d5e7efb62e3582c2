package sbpl

// World is what decides how a path is reached: the symlinks and firmlinks of a
// host, as data. Whatever it does not name is taken to be no link.
type World struct {
	id        string
	links     map[string]string // from the link's own path, as the kernel prints it
	firmlinks map[string]string
}

// MacOS is what every macOS since 10.15 has.
func MacOS() *World { panic("bug: not built") }

// FindWorld returns the world with that id; a host that is not on record has
// what MacOS has. An id that is not of a Mac is an error.
func FindWorld(id string) (*World, error) { panic("bug: not built") }

// With returns the world with further symlinks; paths may be spelled through
// links. The error names a path that is not absolute or a link that is a
// firmlink.
func (w *World) With(symlinks map[string]string) (*World, error) { panic("bug: not built") }
