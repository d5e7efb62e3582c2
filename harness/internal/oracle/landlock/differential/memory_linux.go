package differential

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// memory is what an operation may change, as it was before, so that one world
// serves many operations.
type memory struct {
	q      Question
	target name
	source name
	keep   string // another name of what the target was, empty for none
	cut    bool   // the operation may change what the target leads to
	text   []byte // of it
	// relinked, once undone: the target was gone and is a new name of what it was.
	relinked bool
}

// name is what a path named.
type name struct {
	path string
	there,
	dir bool
	dev, ino uint64
	mode     uint32
	uid, gid uint32
}

func look(at string) (n name) {
	n.path = at
	var st unix.Stat_t
	if at == "" || unix.Lstat(at, &st) != nil {
		return n
	}
	return name{path: at, there: true, dir: st.Mode&unix.S_IFMT == unix.S_IFDIR, dev: uint64(st.Dev), ino: st.Ino, mode: st.Mode & 0o7777, uid: st.Uid, gid: st.Gid}
}

// same says whether the path still names what it did.
func (n name) same() bool {
	now := look(n.path)
	return n.there == now.there && n.dev == now.dev && n.ino == now.ino
}

// remember prepares to undo an operation, in a world that has the folder.
func (m *made) remember(q Question, v *op.Variant) *memory {
	if !v.Mutates || v.Target != op.TargetPath {
		return nil
	}
	y := &memory{q: q, target: look(q.Target)}
	if v.TwoPaths {
		y.source = look(q.Source)
	}
	replaced := q.Op == "fs.remove_file" || v.TwoPaths && v.Name != "exchange"
	if replaced && y.target.there && !y.target.dir {
		keep := path.Join(m.Scratch, "keep")
		if os.Link(strings.TrimRight(q.Target, "/"), keep) == nil {
			y.keep = keep
		}
	}
	if st, err := os.Stat(q.Target); err == nil && st.Mode().IsRegular() && (q.Op == "fs.truncate" || q.Op == "fs.write_file") {
		if text, err := os.ReadFile(q.Target); err == nil {
			y.cut, y.text = true, text
		}
	}
	return y
}

// errLost says that the world is no longer what it was.
var errLost = errors.New("what was changed cannot be put back")

// undo puts back what the operation changed. It says whether that has another
// inode now: what a policy or a reader remembers of the old one is void.
func (y *memory) undo() (fresh bool, err error) {
	if y == nil {
		return false, nil
	}
	if y.keep != "" {
		defer os.Remove(y.keep)
	}
	if y.cut {
		if st, err := os.Stat(y.q.Target); err == nil && st.Size() != int64(len(y.text)) {
			if err := os.WriteFile(y.q.Target, y.text, 0); err != nil {
				return false, err
			}
		}
	}
	if y.target.same() && y.source.same() {
		return false, nil
	}
	if fresh, err = y.putBack(); err != nil {
		return fresh, fmt.Errorf("%w: %w", errLost, err)
	}
	if !y.source.same() || !fresh && !y.target.same() {
		return fresh, errLost
	}
	return fresh, nil
}

func (y *memory) putBack() (fresh bool, err error) {
	t := y.target
	switch {
	case y.q.Syscall == "exchange":
		return false, unix.Renameat2(unix.AT_FDCWD, t.path, unix.AT_FDCWD, y.source.path, unix.RENAME_EXCHANGE)
	case y.source.there && !y.source.same(): // it was renamed
		if err := unix.Rename(t.path, y.source.path); err != nil {
			return false, err
		}
	case !t.there: // it was made
		return false, os.Remove(t.path)
	}
	switch {
	case !t.there:
		return false, nil
	case t.dir: // it was empty, or could not be removed
		err := os.Mkdir(t.path, 0o700)
		if err == nil {
			err = errors.Join(os.Chown(t.path, int(t.uid), int(t.gid)), unix.Chmod(t.path, t.mode))
		}
		return true, err
	case y.keep == "":
		return false, fs.ErrNotExist
	}
	y.relinked = true
	return false, os.Link(y.keep, strings.TrimRight(t.path, "/"))
}
