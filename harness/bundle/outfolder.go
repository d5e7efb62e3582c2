package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// RequestError marks what the caller asked for and can mend: nothing was
// written.
type RequestError struct{ Err error }

func (e *RequestError) Error() string { return e.Err.Error() }
func (e *RequestError) Unwrap() error { return e.Err }

func requestErrorf(format string, args ...any) error {
	return &RequestError{fmt.Errorf(format, args...)}
}

// outFolder is an open out folder.
type outFolder struct {
	folder
	dir string // absolute
}

// openOut opens an out folder. A run folder is none, so that nobody looks for
// runs among the artifacts of one.
func openOut(path string) (*outFolder, error) {
	dir, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("out folder: %w", err)
	}
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, requestErrorf("out folder %s is not there: give the folder that runs were written to", dir)
	case err != nil:
		return nil, fmt.Errorf("out folder: %w", err)
	case !info.IsDir():
		return nil, requestErrorf("out folder %s is not a folder: give the folder that runs were written to", dir)
	}
	for _, name := range []string{IndexFile, StatusFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return nil, requestErrorf("%s is a run folder: give the out folder it lies in, %s", dir, filepath.Dir(dir))
		}
	}
	f, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("out folder: %w", err)
	}
	return &outFolder{f, dir}, nil
}

// sorted is what an out folder holds, by kind.
type sorted struct {
	runs     []string // folders that may be runs
	kinds    map[OtherKind][]string
	packets  map[string][]string // by the id of the run they point to
	findings []Finding
}

func (s *sorted) add(kind OtherKind, name string) { s.kinds[kind] = append(s.kinds[kind], name) }

// drop takes names away again.
func (s *sorted) drop(kind OtherKind, names map[string]bool) {
	s.kinds[kind] = slices.DeleteFunc(s.kinds[kind], func(name string) bool { return names[name] })
	if len(s.kinds[kind]) == 0 {
		delete(s.kinds, kind)
	}
}

func (s *sorted) others() []Other {
	list := []Other{}
	for _, kind := range slices.Sorted(maps.Keys(s.kinds)) {
		names := s.kinds[kind]
		slices.Sort(names)
		list = append(list, Other{kind, len(names), slices.Clone(names[:min(len(names), shownOthers)])})
	}
	return list
}

// sort lists the folder and reads its packets.
func (o *outFolder) sort() (*sorted, error) {
	entries, err := o.entries()
	if err != nil {
		return nil, err
	}
	s := &sorted{kinds: map[OtherKind][]string{}, packets: map[string][]string{}}
	for _, e := range entries {
		name, mode := e.Name(), e.Type()
		_, half := removedID(name)
		switch {
		case mode.IsRegular() && (name == LatestFile || name == LockFile):
		case mode&fs.ModeSymlink != 0:
			s.add(OtherSymlink, name)
		case mode.IsDir() && half:
			s.add(OtherRemoved, name)
		case mode.IsDir() && checkRunID(name) == nil:
			s.runs = append(s.runs, name)
		case mode.IsDir():
			s.add(OtherFolder, name)
		case !mode.IsRegular():
			s.add(OtherSpecial, name)
		case isTemporary(name):
			s.add(OtherTemporary, name)
		default:
			if !o.readPacket(s, name) {
				s.add(OtherFile, name)
			}
		}
	}
	statements := map[string]bool{} // they go with their packets
	for _, names := range s.packets {
		slices.Sort(names)
		for _, name := range names {
			statements[StatementPath(name)] = true
		}
	}
	s.drop(OtherFile, statements)
	return s, nil
}

func (o *outFolder) entries() ([]fs.DirEntry, error) {
	dir, err := o.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.ReadDir(-1)
}

// isTemporary reports whether a file has a name that is a writer's own until it
// is done; see replace.
func isTemporary(name string) bool {
	return strings.HasPrefix(name, ".") && strings.HasSuffix(name, ".tmp")
}

// packetSchema is the schema string of a packet of any version: one that this
// program does not read may still rely on a run.
var packetSchema = regexp.MustCompile(`promotion_packet\.v[0-9]`)

// readPacket reports whether the file is a promotion packet, and notes the runs
// it points to. It asks less of a packet than LoadPacket.
func (o *outFolder) readPacket(s *sorted, name string) bool {
	data, err := o.read(name, maxDocument)
	if errors.Is(err, errTooLarge) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRegular) {
		return false // no packet of ours is so large
	}
	if err == nil && !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) {
		return false
	}
	var p struct {
		SchemaVersion string `json:"schema_version"`
		RunID         string `json:"run_id"`
		RunManifest   string `json:"run_manifest"`
		ArtifactIndex struct {
			Path string `json:"path"`
		} `json:"artifact_index"`
	}
	if err == nil {
		err = json.Unmarshal(data, &p)
		if err != nil && !packetSchema.Match(data) || err == nil && !packetSchema.MatchString(p.SchemaVersion) {
			return false
		}
	}
	ids := map[string]bool{p.RunID: true}
	for _, ref := range []string{p.RunManifest, p.ArtifactIndex.Path} {
		ids[path.Base(path.Dir(filepath.ToSlash(ref)))] = true
	}
	named := 0
	for id := range ids {
		if checkRunID(id) == nil {
			named++
			s.packets[id] = append(s.packets[id], name)
		}
	}
	if err == nil && named == 0 {
		err = errors.New("names no run")
	}
	if err != nil {
		s.findings = append(s.findings, Finding{Code: BadDocument, Name: name, Message: fmt.Sprintf("may be a packet, and cannot be read: %v", err)})
	}
	return true
}
