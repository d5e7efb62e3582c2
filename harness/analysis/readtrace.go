package analysis

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// readTraces reads a scenario's traces, each path once: the reference repeats it
// for every row.
func readTraces(d *artifact.Reader) func(string) ([]string, error) {
	return func(string) ([]string, error) {
		paths := []string{}
		err := d.Array(func(int) error {
			var p string
			if err := d.Value(&p); err != nil {
				return err
			}
			if _, _, err := splitTrace(p); err != nil {
				return err
			}
			if !slices.Contains(paths, p) {
				paths = append(paths, p)
			}
			return nil
		})
		return paths, err
	}
}

// splitTrace splits the path of a trace into its folder and its name there.
func splitTrace(p string) (folder, name string, err error) {
	i := strings.LastIndex("/"+p, "/"+TracesFolder+"/")
	if i >= 0 {
		folder, name = p[:i+len(TracesFolder)], p[i+len(TracesFolder)+1:]
	}
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
		return "", "", fmt.Errorf("trace path %.140q: want …/%s/<file>", p, TracesFolder)
	}
	return folder, name, nil
}

// openTrace opens a trace, and says whether it is where the index has it.
func (c *StoredCut) openTrace(folders traceFolders, p string) (f *os.File, inPlace bool, err error) {
	folder, name, err := splitTrace(p)
	if err != nil {
		return nil, false, err
	}
	written := filepath.FromSlash(folder)
	if !filepath.IsAbs(written) {
		written = filepath.Join(c.root, written)
	}
	f, err = folders.open(written, name)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return f, true, err
	}
	f, err = folders.open(filepath.Join(c.Dir, TracesFolder), name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("no trace %s, and no %s in %s", p, name, filepath.Join(c.Dir, TracesFolder))
	}
	return f, false, err
}

// traceFolders are folders of traces that are open, by name.
type traceFolders map[string]*os.Root

func (t traceFolders) open(folder, name string) (*os.File, error) {
	root := t[folder]
	if root == nil {
		var err error
		if root, err = os.OpenRoot(folder); err != nil {
			return nil, err
		}
		t[folder] = root
	}
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", filepath.Join(folder, name))
	}
	return root.Open(name)
}

func (t traceFolders) close() {
	for _, root := range t {
		root.Close()
	}
}

var errStop = errors.New("enough")

// readTrace reads the lines of a trace.
func readTrace(r io.Reader, row func(*artifact.Event) error) error {
	const maxLine = 16 << 20 // as long as a row of a bundle may be
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var e artifact.Event
		err := artifact.Decode(lines.Bytes(), &e)
		if err == nil {
			err = CheckEvent(&e)
		}
		if err == nil {
			err = row(&e)
		}
		if err == errStop {
			return err
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}
