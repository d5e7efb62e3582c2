package harness

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/plans"
	"github.com/rtgen/rtgen/registries"
)

// builtin starts the name of a file that is part of the program.
const builtin = "builtin:"

// folder is where relative names of data files start. Reading never leaves its
// tree, by ".." or by symbolic link.
type folder struct {
	tree  string // on the host; builtin for the program's own files
	below string // slash path in the tree
	shown string // what names start with in messages
}

// name is how messages and documents call a file of the folder.
func (f folder) name(file string) string {
	if f.tree == builtin {
		return builtin + path.Join(f.below, file)
	}
	return path.Join(f.shown, file)
}

// read gives a regular file's content; fs.ErrNotExist when there is none.
func (f folder) read(file string) ([]byte, error) {
	file = path.Join(f.below, file)
	if f.tree == builtin {
		return readBuiltin(file)
	}
	root, err := os.OpenRoot(f.tree)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file = filepath.FromSlash(file)
	// Opening a FIFO would wait for a writer.
	info, err := root.Stat(file)
	if err != nil {
		return nil, err
	}
	if err := mustBeData(info); err != nil {
		return nil, err
	}
	r, err := root.Open(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readLimited(r, info.Size())
}

// readLimited reads one byte more than a data file may have, so that the
// parser sees and reports one that is too large.
func readLimited(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(size) + bytes.MinRead) // a large file is not copied over and over
	_, err := b.ReadFrom(io.LimitReader(r, maxDataSize+1))
	return b.Bytes(), err
}

var errTooLarge = fmt.Errorf("is larger than %d bytes; split it", maxDataSize)

// codeOf is the kind of fault that an error of reading a file is: other, unless
// the file is there and no more than too large.
func codeOf(err error, other string) string {
	if errors.Is(err, errTooLarge) {
		return jsondoc.CodeText
	}
	return other
}

// mustBeData refuses what is not worth opening.
func mustBeData(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("is a folder; name a file")
	case !info.Mode().IsRegular():
		return fmt.Errorf("is no regular file (%v); name one", info.Mode().Type())
	case info.Size() > maxDataSize:
		return errTooLarge
	}
	return nil
}

// readBuiltin reads a file of the program by its path in the repository.
func readBuiltin(file string) ([]byte, error) {
	top, rest, _ := strings.Cut(file, "/")
	switch top {
	case "plans":
		return plans.FS.ReadFile(rest)
	case "registries":
		return registries.FS.ReadFile(rest)
	}
	return nil, fmt.Errorf("%s%s: %w", builtin, file, fs.ErrNotExist)
}

// place is where a file of the folder is on the host; empty for one that is
// part of the program.
func (f folder) place(file string) string {
	if f.tree == builtin {
		return ""
	}
	return filepath.Join(f.tree, filepath.FromSlash(f.below), filepath.FromSlash(file))
}

// above is the folder that a file's own folder lies in.
func (f folder) above(file string) folder {
	up := path.Dir(path.Dir(file))
	return folder{tree: f.tree, below: path.Join(f.below, up), shown: path.Join(f.shown, up)}
}

// readFirst reads a file from the first folder that has it.
func readFirst(folders []folder, file string) (File, error) {
	for _, f := range folders {
		data, err := f.read(file)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		return File{Name: f.name(file), Data: data, place: f.place(file), home: f.above(file)}, err
	}
	return File{Name: file}, fs.ErrNotExist
}

// plainReason is err without the operation and the path, which the message
// around it names in words.
func plainReason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	// os.Root's error for this has no exported name.
	if err.Error() == "path escapes from parent" {
		return "leads out of the folder it is in, by a symbolic link; copy the file instead"
	}
	return err.Error()
}
