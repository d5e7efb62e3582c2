package mapping

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// outFolder is where mappings go.
type outFolder struct {
	dir  string      // absolute, without symlinks
	mode fs.FileMode // the one it has, or is to have
	is   bool        // it is there
}

// openOut looks at an out folder, which need not be there, and refuses one that
// cannot be replaced or holds what no promotion wrote. Shallow, it looks for files
// that were added and not for those that were changed.
func openOut(path string, shallow bool) (*outFolder, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("out folder: %w", err)
	}
	// The folder is exchanged under its own name, not that of a symlink to it.
	dir, err := realPath(abs)
	if err != nil {
		return nil, noPlace("out folder", err)
	}
	o := &outFolder{dir: dir, mode: 0o755}
	if dir == filepath.Dir(dir) {
		return nil, requestErrorf("out folder %s is the root of the file system: name a folder in it", path)
	}
	if whole, what := wholeAbove(filepath.Dir(dir)); whole != "" {
		return nil, requestErrorf("out folder %s lies in %s, %s, and would be a stranger there: choose another", path, whole, what)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return o, nil
	case err != nil:
		return nil, noPlace("out folder", err)
	case !info.IsDir():
		return nil, requestErrorf("out folder %s is there and no folder: choose another", path)
	case isMountPoint(dir):
		return nil, requestErrorf("out folder %s is a mount point, which cannot be exchanged for a folder beside it: choose a folder in it", path)
	}
	if here, err := os.Stat("."); err == nil && os.SameFile(here, info) {
		return nil, requestErrorf("out folder %s is the working folder, and is replaced as a whole: choose a folder in it", path)
	}
	o.is, o.mode = true, info.Mode().Perm()
	return o, o.refuseStrangers(shallow)
}

// refuseStrangers refuses a folder with anything that no promotion wrote, or that
// somebody changed since: it would be lost.
func (o *outFolder) refuseStrangers(shallow bool) error {
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return fmt.Errorf("out folder: %w", err)
	}
	defer root.Close()
	v := &Verification{Dir: o.dir}
	if err := v.verify(root, shallow); err != nil {
		return fmt.Errorf("out folder %s: %w", o.dir, err)
	}
	refuse := func(name, what string) error {
		return requestErrorf("out folder %s holds %s, %s: move it away, or choose another out folder", o.dir, name, what)
	}
	if v.index == nil && v.Findings[0].Code != bundle.IndexMissing {
		return refuse(IndexFile, "which cannot be read: "+v.Findings[0].Message)
	}
	if v.index == nil {
		all, err := list(root)
		if err != nil {
			return fmt.Errorf("out folder: %w", err)
		}
		v.compare(nil, all)
		v.Findings = v.Findings[1:]
	}
	if err := checkIsReceipt(root, ReceiptFile); err != nil {
		return refuse(ReceiptFile, "which is no receipt: "+err.Error())
	}
	for _, f := range v.Findings {
		switch f.Code {
		case bundle.FileMissing, ReceiptLater: // nothing is lost with them
		case bundle.NotIndexed:
			if f.Name == OpSummaryFile && isOpSummary(o.dir) {
				continue
			}
			return refuse(f.Name, "which no promotion wrote")
		default:
			return refuse(f.Name, "which was changed since it was promoted")
		}
	}
	return nil
}

// isOpSummary reports whether a folder has an op summary under the name that a
// promotion's has. Somebody may have summed up a bundle into the folder before
// there were mappings in it; the promotion makes that document anew.
func isOpSummary(dir string) bool {
	info, err := os.Lstat(filepath.Join(dir, OpSummaryFile))
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	summary, err := analysis.LoadOpSummary(filepath.Join(dir, OpSummaryFile))
	return err == nil && summary.Meta.SchemaVersion == analysis.SchemaMapping
}

// checkIsReceipt refuses a file that is there, in the place of a receipt, and is
// none: it would be lost. An empty one is not.
func checkIsReceipt(root *os.Root, name string) error {
	f, size, err := openRegular(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if size == 0 {
		return nil
	}
	schema := ""
	d := artifact.NewReader(io.LimitReader(f, maxReceipt))
	err = d.Object([]string{"schema_version"}, func(key string) error {
		if key == "schema_version" {
			return d.Value(&schema)
		}
		return d.Skip()
	})
	if err == nil && schema != SchemaReceipt {
		err = fmt.Errorf("schema_version %.80q: want %s", schema, SchemaReceipt)
	}
	return err
}

// realPath is a path without symlinks, as far as it is there.
func realPath(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	if _, err := os.Lstat(path); err == nil {
		return "", fmt.Errorf("%s is a symlink that leads nowhere", path)
	}
	dir := filepath.Dir(path)
	if dir == path {
		return path, nil
	}
	if dir, err = realPath(dir); err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// noPlace is a *RequestError about a path that no file can have, and otherwise one
// of looking.
func noPlace(what string, err error) error {
	at, ofDisk := errors.AsType[*fs.PathError](err)
	if !ofDisk || errors.Is(at, syscall.ENOTDIR) || errors.Is(at, syscall.ELOOP) || errors.Is(at, syscall.ENAMETOOLONG) {
		return requestErrorf("%s: %w: choose another", what, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// wholeAbove finds the run folder or the mappings that dir is or lies in, to which
// nothing may be added; empty: there are none.
func wholeAbove(dir string) (whole, what string) {
	for ; ; dir = filepath.Dir(dir) {
		for index, what := range map[string]string{bundle.IndexFile: "a run's folder", IndexFile: "mappings of another promotion"} {
			if _, err := os.Lstat(filepath.Join(dir, index)); err == nil {
				return dir, what
			}
		}
		if dir == filepath.Dir(dir) {
			return "", ""
		}
	}
}

// within reports whether a path lies in a folder, or is the folder.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
