//go:build !linux

package landlock

// Host is the real file system. Landlock decides on Linux alone, so elsewhere
// it knows of no path: this machine's /usr says nothing about a Linux one.
type Host struct{ Nothing }

// NewHost returns the real file system as a tree.
func NewHost() *Host { return &Host{} }
