package analysis

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// PromoteCutOptions says which cut to promote, and where to.
type PromoteCutOptions struct {
	Staging string // the folder of the cut
	Out     string // the folder its documents go to; it is made
	Place   string // Out as documents are to name it; empty: as it is
	Root    string // see LoadCut
}

// PromoteCut reads a cut back, every line of every trace, and copies its
// documents to another folder, with the story that was told of it if there is
// one. The manifest points to the copies. The traces stay where they are, and the
// copied index points there: a cut whose traces were moved is refused.
//
// All files are written before the first takes its name. The manifest that was
// there goes first and the new one comes last: until then nobody finds a cut,
// and never two in one.
func PromoteCut(o PromoteCutOptions) (*CutManifest, error) {
	if o.Place == "" {
		o.Place = filepath.ToSlash(o.Out)
	}
	c, err := LoadCut(o.Staging, o.Root)
	if err != nil {
		return nil, err
	}
	if err := c.Verify(); err != nil {
		return nil, err
	}
	if err := c.inPlace(); err != nil {
		return nil, err
	}
	told, err := c.loadStory()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return nil, err
	}
	if same, err := sameFile(c.Dir, o.Out); err != nil || same {
		return nil, errors.Join(err, fmt.Errorf("%s: the cut is promoted to its own folder; name another", o.Out))
	}
	manifest := *c.Manifest
	manifest.EventsIndex, manifest.Scenarios, manifest.Ops = o.Place+"/"+EventsIndexFile, o.Place+"/"+ScenariosFile, o.Place+"/"+OpsFile
	names := []string{EventsIndexFile, ScenariosFile, OpsFile, IndexesFile}
	if manifest.RuntimeStory = ""; told {
		manifest.RuntimeStory = o.Place + "/" + StoryFile
		names = append(names, StoryFile)
	}
	return &manifest, c.swap(o.Out, names, &manifest)
}

// inPlace refuses a cut whose traces are not where its index says.
func (c *StoredCut) inPlace() error {
	folders := traceFolders{}
	defer folders.close()
	for _, m := range c.Index.Traces {
		for _, p := range m.Value {
			f, inPlace, err := c.openTrace(folders, p)
			if err != nil {
				return err
			}
			f.Close()
			if !inPlace {
				return fmt.Errorf("%s: the index says %s, and the trace is not there: the promoted index would point at nothing; cut again", c.Dir, p)
			}
		}
	}
	return nil
}

// swap puts copies of the documents, and the manifest, in the place of what is in
// a folder.
func (c *StoredCut) swap(out string, names []string, manifest *CutManifest) (err error) {
	var staged []*renameio.PendingFile
	defer func() {
		for _, f := range staged {
			err = errors.Join(err, f.Cleanup())
		}
	}()
	stage := func(name string, write func(io.Writer) error) error {
		f, err := renameio.NewPendingFile(filepath.Join(out, name), renameio.WithTempDir(out), renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
		if err != nil {
			return err
		}
		staged = append(staged, f)
		return write(f)
	}
	for _, name := range names {
		if err := stage(name, func(w io.Writer) error { return c.copyDocument(name, w) }); err != nil {
			return err
		}
	}
	text, err := document(manifest)
	if err != nil {
		return err
	}
	if err := stage(CutManifestFile, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	if err := removeFiles(out, CutManifestFile, StoryFile); err != nil {
		return err
	}
	for _, f := range staged {
		if err := f.CloseAtomicallyReplace(); err != nil {
			return err
		}
	}
	return nil
}

// copyDocument copies the bytes that were read.
func (c *StoredCut) copyDocument(name string, w io.Writer) error {
	f, err := openRegular(filepath.Join(c.Dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, hash), f); err != nil {
		return err
	}
	if digest(hash.Sum(nil)) != c.sums[name] {
		return fmt.Errorf("%s changed while it was promoted", f.Name())
	}
	return nil
}

// loadStory reads the story beside the cut, and refuses one that was told of
// another; false when there is none.
func (c *StoredCut) loadStory() (told bool, err error) {
	file := filepath.Join(c.Dir, StoryFile)
	story := new(Story)
	sum, err := loadDocument(file, story.read)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	c.sums[StoryFile] = sum
	if err := story.toldOf(c.Ops, c.Scenarios); err != nil {
		return false, fmt.Errorf("%s: %w; tell it again, or remove it", file, err)
	}
	return true, nil
}

func sameFile(a, b string) (bool, error) {
	x, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y), err
}
