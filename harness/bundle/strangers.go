package bundle

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Limits on looking around in a run folder. An honest one has some twenty
// files, in folders at most two deep.
const (
	maxLooked    = 10_000 // files and folders
	maxStrangers = 100    // findings
)

// strangers reports the files that no entry vouches for, folders as one.
func (in *inspection) strangers(f folder) error {
	s := search{folder: f, named: in.named, counts: map[string]int{}}
	if err := s.look(".", ""); err != nil {
		return fmt.Errorf("list the folder: %w", err)
	}
	names := slices.Sorted(maps.Keys(s.counts))
	for i, name := range names {
		if i == maxStrangers {
			in.warn(fmt.Sprintf("and %d more that the index does not name", len(names)-i), "")
			break
		}
		what := "a file that the index does not name"
		if name[len(name)-1] == '/' {
			what = fmt.Sprintf("%d files that the index does not name", s.counts[name])
		}
		in.warn(what, name)
	}
	if s.looked > maxLooked {
		in.warn(fmt.Sprintf("more than %d files and folders, not all were looked at", maxLooked), "")
	}
	return nil
}

func (in *inspection) warn(message, name string) {
	// Whoever made the file chose its name, and a terminal may obey it.
	if name != "" && !artifact.Clean(name) {
		name = strconv.QuoteToASCII(name)
	}
	in.findings = append(in.findings, Finding{NotIndexed, name, message, true})
}

// search counts what the index does not name, by the name at the top.
type search struct {
	folder
	named  map[string]bool
	counts map[string]int
	looked int
}

// look goes through the folder dir, which lies in top, or is the run folder.
// Folders are read a part at a time: one may have more files than fit in memory.
func (s *search) look(dir, top string) error {
	d, err := s.root.OpenFile(dir, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return err
	}
	defer d.Close()
	var folders []string
	for s.looked <= maxLooked {
		list, err := d.ReadDir(256)
		for _, e := range list {
			name := e.Name()
			if dir != "." {
				name = dir + "/" + name
			}
			// What is deeper than any artifact is not worth the walk, which costs
			// the square of the depth.
			if s.looked++; e.IsDir() && strings.Count(name, "/") < maxParts {
				folders = append(folders, name)
				continue
			}
			if s.named[name] || name == IndexFile {
				continue
			}
			if top != "" {
				name = top
			}
			s.counts[name]++
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	slices.Sort(folders)
	for _, name := range folders {
		within := top
		if within == "" {
			within = name + "/"
		}
		if s.looked > maxLooked {
			break
		}
		// It may be gone, or a file, by now.
		if err := s.look(name, within); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
