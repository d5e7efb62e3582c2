package op

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// State is what a path looked like after a probe that creates, removes or
// changes: EACCES does not mean that nothing happened.
type State struct {
	TargetExists bool   `json:"target_exists"`
	TargetType   string `json:"target_type,omitempty"` // "file", "dir", "symlink", "fifo", "socket", "char", "block"
	TargetSize   int64  `json:"target_size,omitempty"` // bytes, regular files only
	SourceExists *bool  `json:"source_exists,omitempty"`
}

// StateOf looks at target and, when it is an absolute path, at source, without
// following a symbolic link. It is for the process that no policy confines. An
// error means that the state is unknown, which is not the same as absent.
func StateOf(target, source string) (State, error) {
	var s State
	fi, err := lstat(target)
	if err != nil {
		return State{}, err
	}
	if fi != nil {
		s.TargetExists, s.TargetType = true, typeName(fi.Mode())
		if fi.Mode().IsRegular() {
			s.TargetSize = fi.Size()
		}
	}
	// The text of a symbolic link may be relative to the link: no path of ours.
	if filepath.IsAbs(source) {
		fi, err := lstat(source)
		if err != nil {
			return State{}, err
		}
		exists := fi != nil
		s.SourceExists = &exists
	}
	return s, nil
}

// lstat returns nil and no error for a path that is surely absent.
func lstat(path string) (fs.FileInfo, error) {
	fi, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	return fi, err
}

func typeName(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return "file"
	case m.IsDir():
		return "dir"
	case m&fs.ModeSymlink != 0:
		return "symlink"
	case m&fs.ModeNamedPipe != 0:
		return "fifo"
	case m&fs.ModeSocket != 0:
		return "socket"
	case m&fs.ModeCharDevice != 0:
		return "char"
	case m&fs.ModeDevice != 0:
		return "block"
	}
	return "other"
}
