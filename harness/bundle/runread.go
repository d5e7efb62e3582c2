package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// runReading is one reading of a run folder's small documents and of its files'
// names and sizes.
type runReading struct {
	id    string
	info  fs.FileInfo // of the folder
	gone  bool        // it was removed meanwhile
	other OtherKind   // what it is when it is no run

	index   *rawIndex // nil when there is none
	status  *RunStatus
	summary *Summary
	fault   string // the first document that is there and cannot be read
	lacking string // the first artifact of the index that is not there as it was

	sizes    map[string]int64 // by name in the folder; -1: no regular file
	bytes    int64
	files    int
	repaired bool
	lasting  string // why it must not be removed

	standing Standing
	detail   string
}

// readRun reads a folder named by a run id.
func (o *outFolder) readRun(id string) *runReading {
	r := &runReading{id: id}
	f, info, err := o.enter(id)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.gone = true
		return r
	case errors.Is(err, errNotRegular):
		r.other = OtherFolder
		return r
	case err != nil:
		r.other = OtherUnreadable
		return r
	}
	defer f.close()
	r.info = info
	r.readDocuments(f)
	if r.other == "" {
		r.measure(f)
		r.compare()
	}
	// Folders are removed while they are looked at, and what is then missing is
	// no fault.
	if now, err := o.root.Lstat(id); err != nil || !os.SameFile(info, now) {
		r.gone = true
	}
	return r
}

// enter opens a folder of this one, never through a symlink.
func (f folder) enter(name string) (folder, fs.FileInfo, error) {
	info, err := f.root.Lstat(name)
	if err != nil {
		return folder{}, nil, err
	}
	if !info.IsDir() {
		return folder{}, nil, fmt.Errorf("%s: %w", describe(info.Mode()), errNotRegular)
	}
	root, err := f.root.OpenRoot(name)
	if err != nil {
		return folder{}, nil, err
	}
	// os.Root follows symlinks that stay inside, should one have come since.
	if opened, err := root.Stat("."); err != nil || !os.SameFile(info, opened) {
		return folder{}, nil, errors.Join(fmt.Errorf("changed while it was opened: %w", errNotRegular), err, root.Close())
	}
	return folder{root}, info, nil
}

// readDocuments reads the index first: it is written last, so a status read
// after it is the final one.
func (r *runReading) readDocuments(f folder) {
	data, hasIndex := r.document(f, IndexFile)
	if data != nil {
		raw, err := parseIndex(data)
		if err != nil {
			r.blame(IndexFile, err)
		}
		r.index = raw
	}
	var hasStatus bool
	r.status, hasStatus = readDocument(r, f, StatusFile, SchemaStatus, func(s *RunStatus) string { return s.SchemaVersion })
	if !hasIndex && !hasStatus {
		r.other = OtherFolder
		return
	}
	r.summary, _ = readDocument(r, f, SummaryFile, SchemaSummary, func(s *Summary) string { return s.SchemaVersion })
}

func readDocument[T any](r *runReading, f folder, name, schema string, version func(*T) string) (*T, bool) {
	data, there := r.document(f, name)
	if data == nil {
		return nil, there
	}
	doc, err := decodeAs(data, schema, version)
	if err != nil {
		r.blame(name, err)
	}
	return doc, true
}

// document gives a document's bytes, none when there are none to read, and
// whether it is there.
func (r *runReading) document(f folder, name string) (data []byte, there bool) {
	data, err := f.read(name, maxDocument)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	if err != nil {
		r.blame(name, err)
		return nil, true
	}
	return data, true
}

func (r *runReading) blame(name string, err error) {
	if r.fault == "" {
		r.fault = fmt.Sprintf("%s: %v", name, err)
	}
}

// Limits on a run folder that is measured. Ours hold some twenty files, and no
// folder that is nested.
const (
	maxRunFiles = 100_000
	maxRunDepth = 16
)

// measure sizes up everything in the folder and follows nothing.
func (r *runReading) measure(f folder) {
	r.sizes = map[string]int64{}
	r.walk(f, "", 0)
	_, r.repaired = r.sizes[RepairLogFile]
}

func (r *runReading) walk(f folder, prefix string, depth int) {
	keep := func(format string, args ...any) {
		if r.lasting == "" {
			r.lasting = fmt.Sprintf(format, args...)
		}
	}
	names, mounted, err := f.list()
	switch {
	case err != nil:
		keep("./%s cannot be listed: %v", prefix, err)
		return
	case mounted:
		keep("./%s is a mount point", prefix)
		return
	}
	for _, name := range names {
		info, err := f.root.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			keep("%s cannot be looked at: %v", prefix+name, err)
		case info.IsDir() && depth == maxRunDepth:
			keep("folders in it are nested more than %d deep", maxRunDepth)
		case info.IsDir():
			sub, _, err := f.enter(name)
			if err != nil {
				keep("%s cannot be opened: %v", prefix+name, err)
				continue
			}
			r.walk(sub, prefix+name+"/", depth+1)
			sub.close()
		case r.files == maxRunFiles:
			keep("it holds more than %d files", maxRunFiles)
			return
		default:
			r.files++
			r.sizes[prefix+name] = -1
			if info.Mode().IsRegular() {
				r.sizes[prefix+name] = info.Size()
				r.bytes += info.Size()
			}
		}
	}
}

// list gives the names in the folder, and whether something is mounted on it.
func (f folder) list() (names []string, mounted bool, err error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, false, err
	}
	defer dir.Close()
	if mounted, err = isMountPoint(dir); err != nil || mounted {
		return nil, mounted, err
	}
	names, err = dir.Readdirnames(-1)
	return names, false, err
}

// compare holds the files against the sizes that the index gives. A failed run
// may lack what it says it lacks.
func (r *runReading) compare() {
	if r.index == nil || r.lasting != "" {
		return
	}
	named := false
	for _, e := range r.index.Artifacts {
		name, entry, _, err := e.check(r.index.RunID)
		if err != nil {
			r.lacking = fmt.Sprintf("%s: %v", IndexFile, err)
			return
		}
		named = named || name == SummaryFile
		switch size, ok := r.sizes[name]; {
		case !ok:
			r.lacking = fmt.Sprintf("%s: in the index but not in the folder", name)
		case size < 0:
			r.lacking = fmt.Sprintf("%s: %v", name, errNotRegular)
		case size != entry.FileSize:
			r.lacking = fmt.Sprintf("%s: the index says %d bytes, the file has %d", name, entry.FileSize, size)
		default:
			continue
		}
		return
	}
	if !named {
		r.summary = nil // nobody vouches for it
	}
}
