package mapping

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
)

// errNotRegular is wrapped by errors about symlinks, folders and devices.
var errNotRegular = errors.New("not a regular file")

// found is a file in a folder, by its path there.
type found struct {
	path string
	mode fs.FileMode // the type alone
}

// list gives everything in a folder that is no folder, by path, and the folders
// that hold nothing, which have a slash at their end. It follows no symlink.
func list(root *os.Root) ([]found, error) {
	var all []found
	full := map[string]bool{}
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		full[path.Dir(name)] = true
		all = append(all, found{name, d.Type()})
		return nil
	})
	all = slices.DeleteFunc(all, func(f found) bool { return f.mode.IsDir() && full[f.path] })
	for i := range all {
		if all[i].mode.IsDir() {
			all[i].path += "/"
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.path, b.path) })
	return all, err
}

// folders are the folders within one, each opened once: of a hundred thousand
// traces no path is walked a hundred thousand times.
type folders struct {
	mu   sync.Mutex
	top  *os.Root
	open map[string]*os.Root
}

func newFolders(top *os.Root) *folders { return &folders{top: top, open: map[string]*os.Root{}} }

// of gives the folder that a path lies in, and the path's last element.
func (f *folders) of(file string) (*os.Root, string, error) {
	dir := path.Dir(file)
	if dir == "." {
		return f.top, file, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	root, ok := f.open[dir]
	if !ok {
		var err error
		if root, err = f.top.OpenRoot(dir); err != nil {
			return nil, "", err
		}
		f.open[dir] = root
	}
	return root, path.Base(file), nil
}

func (f *folders) close() {
	for _, root := range f.open {
		_ = root.Close()
	}
}

// openRegular opens a file by its path in the folder and gives its size; a
// symlink is none.
func openRegular(root *os.Root, path string) (*os.File, int64, error) {
	info, err := root.Lstat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errNotRegular
	}
	f, err := root.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, 0, err
	}
	// Should a symlink or a FIFO have come since.
	opened, err := f.Stat()
	if err == nil && !os.SameFile(info, opened) {
		err = errNotRegular
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, opened.Size(), nil
}

// digest reads a file of the folder to its end. It reads no more than a byte over
// limit, a negative one being none.
func digest(in *folders, path string, limit int64) (size int64, sum bundle.Digest, err error) {
	root, name, err := in.of(path)
	if err != nil {
		return 0, sum, err
	}
	f, _, err := openRegular(root, name)
	if err != nil {
		return 0, sum, err
	}
	defer f.Close()
	var r io.Reader = f
	if limit >= 0 {
		r = io.LimitReader(f, limit+1)
	}
	hash := sha256.New()
	size, err = io.Copy(hash, r)
	return size, bundle.Digest(hash.Sum(nil)), err
}

// each calls f with 0 to n-1 on all processors.
func each(n int, f func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// indexFiles gives every file of a staged folder with its digest. Known are those,
// by folder and name, that whoever wrote them has hashed: to read them again costs
// more than all the other files.
func indexFiles(dir string, known map[string]map[string]analysis.FileSum) ([]IndexedFile, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	all, err := list(root)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(f found) bool { return f.mode.IsDir() || f.path == ReceiptFile })
	in := newFolders(root)
	defer in.close()
	files := make([]IndexedFile, len(all))
	errs := make([]error, len(all))
	each(len(all), func(i int) {
		f := &files[i]
		f.Path = all[i].path
		if sum, ok := known[path.Dir(f.Path)][path.Base(f.Path)]; ok {
			f.Size, f.SHA256 = sum.Size, sum.SHA256
			return
		}
		if f.Size, f.SHA256, errs[i] = digest(in, f.Path, -1); errs[i] != nil {
			errs[i] = fmt.Errorf("%s: %w", f.Path, errs[i])
		}
	})
	return files, errors.Join(errs...)
}
