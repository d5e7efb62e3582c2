//go:build !linux

package mapping

import (
	"io/fs"
	"path/filepath"
)

// syncTree syncs every file and folder in dir.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return disk{}.syncDir(path)
		}
		return syncPath(path)
	})
}

// isMountPoint is left to the exchange, which fails for one.
func isMountPoint(string) bool { return false }
