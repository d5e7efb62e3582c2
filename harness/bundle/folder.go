package bundle

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Limits on what is read, so that a hostile folder costs an error, not the
// machine's memory.
const (
	maxDocument = 16 << 20 // index, status, manifest, summary, packet
	maxArtifact = 2 << 30
	maxLatest   = 1 << 10
)

// errNotRegular is wrapped by errors about symlinks, folders and devices.
var errNotRegular = errors.New("not a regular file")

// folder reads the files of one folder: regular ones only, never through a
// symlink, never outside.
type folder struct {
	root *os.Root
}

func openFolder(dir string) (folder, error) {
	root, err := os.OpenRoot(dir)
	return folder{root}, err
}

func (f folder) close() { _ = f.root.Close() }

// open opens a file by its name in the folder, which may have slashes. A writer
// who replaces the file meanwhile is given way a few times.
func (f folder) open(name string) (*os.File, error) {
	var file *os.File
	err := errChanged
	for tries := 10; tries > 0 && errors.Is(err, errChanged); tries-- {
		file, err = f.openOnce(name)
	}
	return file, err
}

var errChanged = errors.New("changed while it was opened")

func (f folder) openOnce(name string) (*os.File, error) {
	for i, c := range name {
		if c != '/' {
			continue
		}
		info, err := f.root.Lstat(name[:i])
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("%s: %w", name[:i], errNotRegular)
		}
	}
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w", describe(info.Mode()), errNotRegular)
	}
	file, err := f.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	// os.Root follows symlinks that stay inside, should one have come since.
	if opened, err := file.Stat(); err != nil || !os.SameFile(info, opened) {
		return nil, errors.Join(fmt.Errorf("%w: %w", errChanged, errNotRegular), err, file.Close())
	}
	return file, nil
}

func describe(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "symlink"
	case mode.IsDir():
		return "folder"
	case mode.IsRegular():
		return "file"
	}
	return "special file"
}

// read gives a file's bytes, at most limit.
func (f folder) read(name string, limit int64) ([]byte, error) {
	file, size, err := f.openSized(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// What is said to be too large is refused before it is read, and what has
	// grown since while it is.
	if size <= limit {
		data := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
		if size, err = data.ReadFrom(io.LimitReader(file, limit+1)); err != nil {
			return nil, err
		}
		if size <= limit {
			return data.Bytes(), nil
		}
	}
	return nil, fmt.Errorf("larger than %d bytes: %w", limit, errTooLarge)
}

// openSized also gives the size that the file has now.
func (f folder) openSized(name string) (*os.File, int64, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

var errTooLarge = errors.New("too large")

// verify reads a file once, to the end, and compares it with its entry. The
// bytes that were hashed are the bytes that use reads, as many as it likes; what
// it makes of them counts only when verify has no error. Use may be nil.
func (f folder) verify(name string, e Entry, use func(io.Reader)) (FindingCode, error) {
	file, size, err := f.openSized(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return FileMissing, errors.New("in the index but not in the folder")
	case errors.Is(err, errNotRegular):
		return NotRegular, err
	case err != nil:
		return "", err
	}
	defer file.Close()
	differs := func(has any) (FindingCode, error) {
		return SizeDiffers, fmt.Errorf("the index says %d bytes, the file has %v", e.FileSize, has)
	}
	if size > e.FileSize {
		return differs("more")
	}
	if size < e.FileSize {
		return differs(size)
	}
	hash := sha256.New()
	// One byte past the size shows that it has grown, and no more is read.
	rest := &hashed{r: io.LimitReader(file, e.FileSize+1), hash: hash}
	if use != nil {
		use(rest)
	}
	for buf := make([]byte, min(readSize, e.FileSize+1)); rest.err == nil; {
		_, _ = rest.Read(buf)
	}
	if rest.err != io.EOF {
		return "", rest.err
	}
	if rest.size != e.FileSize {
		has := fmt.Sprint(rest.size)
		if rest.size > e.FileSize {
			has = "more"
		}
		return differs(has)
	}
	if got := Digest(hash.Sum(nil)); got != e.SHA256 {
		return DigestDiffers, fmt.Errorf("the index says sha256 %s, the file has %s", e.SHA256, got)
	}
	return "", nil
}

// readSize is how much of a file is read at a time.
const readSize = 256 << 10

// hashed is a reader all of whose bytes are hashed.
type hashed struct {
	r    io.Reader
	hash io.Writer
	size int64
	err  error // the first of r's, its end among them
}

func (h *hashed) Read(p []byte) (int, error) {
	if h.err != nil {
		return 0, h.err
	}
	var n int
	n, h.err = h.r.Read(p)
	_, _ = h.hash.Write(p[:n])
	h.size += int64(n)
	return n, h.err
}

// locate finds the run folder that path means: itself, or the one its LATEST
// names. A bad LATEST is an *IntegrityError.
func locate(path string) (dir string, latest string, err error) {
	if dir, err = filepath.Abs(path); err != nil {
		return "", "", err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", "", fmt.Errorf("bundle: %w", err)
	}
	if !info.IsDir() {
		return "", "", fmt.Errorf("bundle %s: not a folder; give the out folder or a run folder", dir)
	}
	for _, name := range []string{IndexFile, StatusFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return dir, "", nil
		}
	}
	out, err := openFolder(dir)
	if err != nil {
		return "", "", fmt.Errorf("bundle: %w", err)
	}
	defer out.close()
	id, err := out.latest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("bundle %s: neither a run folder nor an out folder with a committed run (no %s, no %s): %w", dir, IndexFile, LatestFile, fs.ErrNotExist)
	}
	if err != nil {
		return "", "", err
	}
	return filepath.Join(dir, id), id, nil
}

// latest gives the run that LATEST names; f is the out folder dir. A bad LATEST
// is an *IntegrityError, none at all fs.ErrNotExist.
func (f folder) latest(dir string) (id string, err error) {
	text, err := f.read(LatestFile, maxLatest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", err
	case errors.Is(err, errNotRegular), errors.Is(err, errTooLarge):
		return "", badLatest(dir, err)
	case err != nil:
		return "", fmt.Errorf("bundle: %w", err)
	}
	if id, err = parseLatest(text); err != nil {
		return "", badLatest(dir, err)
	}
	switch info, err := f.root.Lstat(id); {
	case errors.Is(err, fs.ErrNotExist):
		return "", badLatest(dir, fmt.Errorf("names run %s, which is not there", id))
	case err != nil:
		return "", fmt.Errorf("bundle: %w", err)
	case !info.IsDir():
		return "", badLatest(dir, fmt.Errorf("names %s, which is a %s", id, describe(info.Mode())))
	}
	return id, nil
}

func badLatest(dir string, err error) error {
	return &IntegrityError{dir, []Finding{{Code: BadLatest, Name: LatestFile, Message: err.Error()}}}
}

// parseLatest reads a LATEST: one run id and a newline, which may be missing.
func parseLatest(text []byte) (string, error) {
	id := strings.TrimSuffix(string(text), "\n")
	return id, checkRunID(id)
}
