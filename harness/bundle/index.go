package bundle

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Index is artifact_index.json, whose existence commits a run.
type Index struct {
	SchemaVersion string      `json:"schema_version"`
	RunID         string      `json:"run_id"`
	WorldID       string      `json:"world_id"`
	Artifacts     []Entry     `json:"artifacts"`
	Missing       []string    `json:"missing"`
	Status        IndexStatus `json:"status"`
}

// IndexStatus is the index's word on its bundle.
type IndexStatus string

// The index statuses. A run with mismatches is still ok here.
const (
	IndexOK      IndexStatus = "ok"
	IndexPartial IndexStatus = "partial" // artifacts are missing; of ours, only a repair writes this
	IndexFailed  IndexStatus = "failed"
)

// Entry is one artifact of an Index.
type Entry struct {
	Path          string  `json:"path"`
	FileSize      int64   `json:"file_size"`
	SHA256        Digest  `json:"sha256"`
	SchemaVersion *string `json:"schema_version"`
}

// rawIndex is an Index before anything in it is believed.
type rawIndex struct {
	SchemaVersion string      `json:"schema_version"`
	RunID         string      `json:"run_id"`
	WorldID       string      `json:"world_id"`
	Artifacts     []rawEntry  `json:"artifacts"`
	Missing       []string    `json:"missing"`
	Status        IndexStatus `json:"status"`
}

type rawEntry struct {
	Path          string  `json:"path"`
	FileSize      *int64  `json:"file_size"`
	SHA256        *string `json:"sha256"`
	SchemaVersion *string `json:"schema_version"`
}

func parseIndex(data []byte) (*rawIndex, error) {
	var raw rawIndex
	if err := decode(data, &raw); err != nil {
		return nil, err
	}
	if err := checkSchema(raw.SchemaVersion, SchemaIndex); err != nil {
		return nil, err
	}
	if err := checkRunID(raw.RunID); err != nil {
		return nil, err
	}
	// May be empty: older runs can lack it.
	if !artifact.Clean(raw.WorldID) {
		return nil, fmt.Errorf("world id %.140q has characters that do not print", raw.WorldID)
	}
	switch raw.Status {
	case IndexOK, IndexPartial, IndexFailed:
	default:
		return nil, fmt.Errorf("unknown status %.40q, want ok, partial or failed", raw.Status)
	}
	if len(raw.Artifacts) == 0 {
		return nil, errors.New("no artifacts")
	}
	return &raw, nil
}

// check turns a raw entry into one that may be followed, with the artifact's
// name in the run folder.
func (e rawEntry) check(runID string) (name string, entry Entry, code FindingCode, err error) {
	name, err = localName(e.Path, runID)
	if err != nil {
		return "", Entry{}, BadPath, err
	}
	if e.SHA256 == nil {
		return name, Entry{}, BadDigest, errors.New("no sha256: what has no digest cannot be verified")
	}
	digest, err := ParseDigest(*e.SHA256)
	if err != nil {
		return name, Entry{}, BadDigest, err
	}
	if e.FileSize == nil || *e.FileSize < 0 {
		return name, Entry{}, BadSize, errors.New("no file_size")
	}
	if *e.FileSize > maxArtifact {
		return name, Entry{}, BadSize, fmt.Errorf("file_size %d is over the limit of %d", *e.FileSize, int64(maxArtifact))
	}
	if e.SchemaVersion != nil {
		if err := artifact.CheckMajor(*e.SchemaVersion); err != nil {
			return name, Entry{}, BadSchema, err
		}
	}
	return name, Entry{e.Path, *e.FileSize, digest, e.SchemaVersion}, "", nil
}

// Limits on an artifact's name. The walk to a file costs the square of its
// depth.
const (
	maxParts = 8
	maxPart  = 255
)

// localName gives the artifact's name in its run folder; the package comment
// has the rule. The name may have slashes.
func localName(path, runID string) (string, error) {
	switch {
	case path == "":
		return "", errors.New("empty path")
	case strings.HasPrefix(path, "/"):
		return "", fmt.Errorf("absolute path %.200q", path)
	}
	parts := strings.Split(path, "/")
	at := -1
	for i, part := range parts {
		switch part {
		case "", ".", "..":
			return "", fmt.Errorf("path %.200q is not in its plainest form", path)
		case runID:
			at = i
		}
	}
	local := parts[at+1:]
	switch {
	case isDrive(parts[0]):
		return "", fmt.Errorf("absolute path %.200q", path)
	case at < 0 && len(parts) > 1 || len(local) == 0:
		return "", fmt.Errorf("path %.200q is not inside run folder %s", path, runID)
	case len(local) > maxParts:
		return "", fmt.Errorf("path %.200q has more than %d parts inside the run folder", path, maxParts)
	}
	for _, part := range local {
		if len(part) > maxPart {
			return "", fmt.Errorf("path %.200q has a part of more than %d bytes", path, maxPart)
		}
		// Letters beyond ASCII have several spellings, which some file systems
		// hold to be one; other characters do not print, and Windows reads two as
		// separators, drives and streams.
		if i := strings.IndexFunc(part, func(c rune) bool { return c < ' ' || c > '~' || c == '\\' || c == ':' }); i >= 0 {
			return "", fmt.Errorf("path %.200q has a character no artifact's name has", path)
		}
	}
	if local[0] == IndexFile && len(local) == 1 {
		return "", errors.New("an index cannot name itself")
	}
	return strings.Join(local, "/"), nil
}

// isDrive reports whether a path that starts with the part is absolute on Windows.
func isDrive(part string) bool { return len(part) == 2 && part[1] == ':' }

var (
	runIDs    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)
	artifacts = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)
	// What lies in a folder may have an id in its name, escaped.
	inFolders = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9_-][A-Za-z0-9._%~-]{0,249}$`)
)

// checkRunID refuses what must not become a folder's name beside LATEST.
func checkRunID(id string) error {
	if !runIDs.MatchString(id) {
		return fmt.Errorf("run id %.140q: use 1 to 128 letters, digits, dots, dashes or underscores, a letter or digit first", id)
	}
	for _, name := range []string{LatestFile, PacketFile, StatementPath(PacketFile)} {
		if strings.EqualFold(id, name) {
			return fmt.Errorf("run id %q is the name of a file in the out folder", id)
		}
	}
	return nil
}

func checkArtifactName(name string) error {
	if !artifacts.MatchString(name) && !inFolders.MatchString(name) {
		return fmt.Errorf("artifact name %.200q: use letters, digits, dots, dashes or underscores, a letter or digit first, and at most one folder", name)
	}
	return nil
}
