package mapping

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// The folders in a run folder that a run of the reference system leaves its
// policies in. No index names their files.
const (
	buildDir           = "sb_build"
	runtimeProfilesDir = "runtime_profiles"
)

// linkPacket says where the documents of a source lie.
func linkPacket(src *source) analysis.LinkedPacket {
	optional := func(name string) *string {
		if !src.bundle.Has(name) {
			return nil
		}
		return new(src.file(name))
	}
	folder := func(name string) *string {
		if info, err := os.Lstat(filepath.Join(src.bundle.Dir, name)); err != nil || !info.IsDir() {
			return nil
		}
		return new(src.file(name))
	}
	return analysis.LinkedPacket{
		RunID: src.bundle.RunID(), RunManifest: src.file(bundle.ManifestFile), ExpectedMatrix: src.file(artifact.ExpectedMatrixFile),
		RuntimeEvents: src.file(artifact.RuntimeEventsFile), RuntimeResults: src.file(artifact.RuntimeResultsFile),
		BaselineResults: optional(artifact.BaselineResultsFile), OracleResults: optional(artifact.OracleResultsFile),
		OutputRoot: src.place, SBBuildDir: folder(buildDir), RuntimeProfilesDir: folder(runtimeProfilesDir),
	}
}

// linkFile looks for a file below a folder, without following a link out of it.
// A file that is not there, or is no regular one, does not exist. Place is what
// documents call it.
func linkFile(folder, file, place string) (analysis.LinkedFile, error) {
	missing := analysis.LinkedFile{Path: place}
	file = filepath.FromSlash(file)
	if filepath.IsAbs(file) {
		rel, err := filepath.Rel(folder, file)
		if err != nil {
			return missing, nil
		}
		file = rel
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return missing, err
	}
	defer root.Close()
	info, err := root.Stat(file)
	if err != nil || !info.Mode().IsRegular() { // nor is there a file outside, for root
		return missing, nil
	}
	f, err := root.Open(file)
	if err != nil {
		return missing, err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return missing, fmt.Errorf("%s: %w", filepath.Join(folder, file), err)
	}
	return analysis.LinkedFile{Path: place, Exists: true, SHA256: bundle.Digest(h.Sum(nil)).String(), Size: &size}, nil
}

// findBuilt is the first of the files that the run folder of a source has; nil
// when it has none.
func findBuilt(src *source, names []string) (*analysis.LinkedFile, error) {
	for _, name := range names {
		file, err := linkFile(src.bundle.Dir, name, src.file(name))
		if err != nil {
			return nil, err
		}
		if file.Exists {
			return &file, nil
		}
	}
	return nil, nil
}

// systemDigests are what another tool knows of the profiles that a system ships:
// by profile id, status, observed and source.
type systemDigests map[string]json.RawMessage

// readSystemDigests reads {"profiles": {<id>: {"status", "observed", "source"}}},
// or the inner object by itself. Without a file there is nothing known.
func readSystemDigests(file string) (systemDigests, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("system profile digests: %w", err)
	}
	digests, err := parseSystemDigests(data)
	if err != nil {
		return nil, fmt.Errorf("system profile digests %s: %w", file, err)
	}
	return digests, nil
}

func parseSystemDigests(data []byte) (systemDigests, error) {
	var doc artifact.Ordered[json.RawMessage]
	if err := artifact.Decode(data, &doc); err != nil {
		return nil, err
	}
	if inner, ok := doc.Get("profiles"); ok {
		doc = nil
		if err := artifact.Decode(inner, &doc); err != nil {
			return nil, fmt.Errorf("\"profiles\": %w", err)
		}
	}
	digests := systemDigests{}
	for _, entry := range doc {
		var known struct {
			Status   *string         `json:"status"`
			Observed json.RawMessage `json:"observed"`
			Source   json.RawMessage `json:"source"`
		}
		if err := artifact.Decode(entry.Value, &known); err != nil {
			return nil, fmt.Errorf("%.140q: %w", entry.Key, err)
		}
		if known.Status == nil && known.Observed == nil && known.Source == nil {
			return nil, fmt.Errorf("%.140q: want an object with status, observed or source", entry.Key)
		}
		text, err := json.Marshal(known)
		if err != nil {
			return nil, fmt.Errorf("%.140q: %w", entry.Key, err)
		}
		digests[entry.Key] = text
	}
	return digests, nil
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
