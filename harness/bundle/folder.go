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
	}
	return "special file"
}

// read gives a file's bytes, at most limit.
func (f folder) read(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes: %w", name, limit, errTooLarge)
	}
	return data, nil
}

var errTooLarge = errors.New("too large")

// verify reads a file once, to the end, and compares it with its entry. The
// bytes that were hashed are the bytes that keep receives; keep may be nil.
func (f folder) verify(name string, e Entry, keep *bytes.Buffer) (FindingCode, error) {
	file, err := f.open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return FileMissing, errors.New("in the index but not in the folder")
	case errors.Is(err, errNotRegular):
		return NotRegular, err
	case err != nil:
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	var sink io.Writer = hash
	if keep != nil {
		sink = io.MultiWriter(hash, keep)
	}
	// One byte past the size shows that there is more, and no more is read.
	size, err := io.Copy(sink, io.LimitReader(file, e.FileSize+1))
	if err != nil {
		return "", err
	}
	if size != e.FileSize {
		has := fmt.Sprint(size)
		if size > e.FileSize {
			has = "more"
		}
		return SizeDiffers, fmt.Errorf("the index says %d bytes, the file has %s", e.FileSize, has)
	}
	if got := Digest(hash.Sum(nil)); got != e.SHA256 {
		return DigestDiffers, fmt.Errorf("the index says sha256 %s, the file has %s", e.SHA256, got)
	}
	return "", nil
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
