package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// IndexFile is the file that names all the others.
const IndexFile = "mapping_index.json"

// SchemaIndex is its schema string.
const SchemaIndex = "rtgen.mapping_index.v0.1"

// Index is mapping_index.json: what mappings were made from, and the digest of
// every file of theirs but its own and the receipt's, which a later promotion may
// replace.
type Index struct {
	SchemaVersion string          `json:"schema_version"`
	Sets          []IndexedSet    `json:"sets"`           // by world, sorted
	Packets       []IndexedPacket `json:"packets"`        // those used, in the order of the request
	ReceiptSHA256 bundle.Digest   `json:"receipt_sha256"` // of the receipt they were made under
	Files         []IndexedFile   `json:"files"`          // by path, sorted
}

// IndexedSet is the mapping set of one world.
type IndexedSet struct {
	WorldID string `json:"world_id"`
	Path    string `json:"path"` // of its folder in the index's: "." for the folder itself
}

// IndexedPacket is a packet that was used.
type IndexedPacket struct {
	Path                string        `json:"path"` // as documents name it
	SHA256              bundle.Digest `json:"sha256"`
	RunID               string        `json:"run_id"`
	WorldID             string        `json:"world_id"`
	ArtifactIndexSHA256 bundle.Digest `json:"artifact_index_sha256"` // of the bundle as it was read
}

// IndexedFile is a file in the index's folder.
type IndexedFile struct {
	Path   string        `json:"path"` // in the index's folder, with forward slashes
	Size   int64         `json:"size"`
	SHA256 bundle.Digest `json:"sha256"`
}

// maxFiles is more than any promotion writes.
const maxFiles = 10_000_000

// write writes the index entry by entry: it has one for every scenario's trace.
func (x *Index) write(w io.Writer) error {
	d := artifact.NewWriter(w, artifact.Indented)
	d.BeginObject()
	d.Key("schema_version")
	d.Value(x.SchemaVersion)
	d.Key("sets")
	d.Value(x.Sets)
	d.Key("packets")
	d.Value(x.Packets)
	d.Key("receipt_sha256")
	d.Value(x.ReceiptSHA256)
	d.Key("files")
	d.BeginArray()
	for _, f := range x.Files {
		d.Value(f)
	}
	d.End()
	d.End()
	return d.Close()
}

// readIndex reads an index strictly: what it leaves open is an error.
func readIndex(r io.Reader) (*Index, error) {
	x := new(Index)
	d := artifact.NewReader(r)
	keys := []string{"schema_version", "sets", "packets", "receipt_sha256", "files"}
	seen := 0
	err := d.Object(keys, func(key string) error {
		seen++
		switch key {
		case "schema_version":
			return d.Value(&x.SchemaVersion)
		case "sets":
			return d.Value(&x.Sets)
		case "packets":
			return d.Value(&x.Packets)
		case "receipt_sha256":
			return d.Value(&x.ReceiptSHA256)
		case "files":
			return d.Array(func(i int) error {
				var f IndexedFile
				if err := d.Value(&f); err != nil {
					return err
				}
				if i == maxFiles {
					return fmt.Errorf("more than %d files", maxFiles)
				}
				x.Files = append(x.Files, f)
				return x.checkFile(i)
			})
		}
		seen--
		return d.Skip()
	})
	if err == nil {
		err = d.Close()
	}
	switch {
	case err != nil:
		return nil, err
	case x.SchemaVersion != SchemaIndex:
		return nil, fmt.Errorf("schema_version %.80q: want %s", x.SchemaVersion, SchemaIndex)
	case seen != len(keys):
		return nil, fmt.Errorf("it lacks one of the keys %q", keys)
	}
	return x, x.checkSets()
}

func (x *Index) checkFile(i int) error {
	f := &x.Files[i]
	switch {
	case !fs.ValidPath(f.Path) || f.Path == "." || !artifact.Clean(f.Path):
		return fmt.Errorf("path %.200q is no plain path of a file", f.Path)
	case f.Path == IndexFile || f.Path == ReceiptFile:
		return fmt.Errorf("path %q is not a mapping's", f.Path)
	case f.Size < 0:
		return fmt.Errorf("path %.200q: size %d", f.Path, f.Size)
	case f.SHA256 == bundle.Digest{}:
		return fmt.Errorf("path %.200q: no sha256", f.Path)
	case i > 0 && cmp.Compare(x.Files[i-1].Path, f.Path) >= 0:
		return fmt.Errorf("path %.200q does not come after %.200q", f.Path, x.Files[i-1].Path)
	}
	return nil
}

func (x *Index) checkSets() error {
	if len(x.Sets) == 0 || len(x.Packets) == 0 {
		return errors.New("no sets or no packets: nothing is promoted from nothing")
	}
	for i, s := range x.Sets {
		switch {
		case !fs.ValidPath(s.Path):
			return fmt.Errorf("set %d: path %.200q is no plain path", i, s.Path)
		case artifact.CheckID("world_id", s.WorldID) != nil:
			return fmt.Errorf("set %d: %w", i, artifact.CheckID("world_id", s.WorldID))
		case i > 0 && x.Sets[i-1].WorldID >= s.WorldID:
			return fmt.Errorf("set %.140q does not come after %.140q", s.WorldID, x.Sets[i-1].WorldID)
		}
	}
	return nil
}

// folders are those that the files lie in, a folder after what lies in it.
func (x *Index) folders() []string {
	has := map[string]bool{}
	for _, f := range x.Files {
		for dir := path.Dir(f.Path); dir != "." && !has[dir]; dir = path.Dir(dir) {
			has[dir] = true
		}
	}
	list := sortedKeys(has)
	slices.Reverse(list)
	return list
}

// indexOf reads the index of a mappings' folder. None is fs.ErrNotExist; a
// *bundle.IntegrityError is one that cannot be read as one.
func indexOf(root *os.Root) (*Index, error) {
	f, _, err := openRegular(root, IndexFile)
	if errors.Is(err, errNotRegular) {
		return nil, badIndex(root, err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	broken := &readError{r: f}
	x, err := readIndex(broken)
	switch {
	case broken.err != nil:
		return nil, broken.err
	case err != nil:
		return nil, badIndex(root, err)
	}
	return x, nil
}

func badIndex(root *os.Root, err error) error {
	return &bundle.IntegrityError{Dir: root.Name(), Findings: []bundle.Finding{{Code: bundle.BadIndex, Name: IndexFile, Message: err.Error()}}}
}

// readError keeps the error of a reader apart from those about what it read.
type readError struct {
	r   io.Reader
	err error
}

func (e *readError) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && err != io.EOF {
		e.err = err
	}
	return n, err
}
