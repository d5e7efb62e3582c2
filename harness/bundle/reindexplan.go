package bundle

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// repairPlan is the index a run folder should have, made from one reading of
// it.
type repairPlan struct {
	dir       string
	place     string // what new entries' paths start with
	old       *rawIndex
	oldDigest *Digest // nil when there is no index
	next      Index   // without an entry for the repair log
	changes   []IndexChange
	changed   []string // the files that have a new entry
	before    RepairState
	earlier   json.RawMessage // the log of the repair before this one
	named     map[string]bool
	refused   []Finding
}

// artifactFiles are the files of a run folder that an index should name, in the
// order a run writes them.
var artifactFiles = []string{
	StatusFile, artifact.ApplyPreflightFile, ManifestFile, artifact.GeneratedMatrixFile, artifact.RuntimeResultsFile,
	artifact.MismatchSummaryFile, artifact.ExpectedMatrixFile, artifact.BaselineResultsFile, artifact.RuntimeEventsFile,
	artifact.OracleResultsFile, artifact.PathWitnessesFile, artifact.FixturesFile, artifact.MismatchPacketsFile,
	SummaryFile, artifact.SummaryMarkdownFile, "impact_map.json", artifact.LaunchctlDiagnosticsFile,
}

// planRepair reads the run folder and changes nothing. What no index can mend
// is an *IntegrityError.
func planRepair(dir, latest string) (*repairPlan, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	defer f.close()
	p := &repairPlan{dir: dir, named: map[string]bool{}, before: RepairState{[]string{}, []string{}}}
	for _, step := range []func() error{
		func() error { return p.readDocuments(f, latest) },
		func() error { return p.readLog(f) },
		func() error { return p.measure(f) },
		func() error { return p.prove(f) },
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("bundle %s: %w", dir, err)
		}
		if len(p.refused) > 0 {
			return nil, notRepaired(dir, p.refused...)
		}
	}
	return p, nil
}

func (p *repairPlan) refuse(code FindingCode, name, format string, args ...any) {
	p.refused = append(p.refused, Finding{Code: code, Name: name, Message: fmt.Sprintf(format, args...)})
}

// measure makes the new entries from the files as they are.
func (p *repairPlan) measure(f folder) error {
	p.next.Artifacts, p.next.Missing = []Entry{}, []string{}
	if p.old != nil {
		for i := range p.old.Artifacts {
			e := &p.old.Artifacts[i]
			if err := p.take(f, e.Path, e); err != nil {
				return err
			}
		}
		for _, listed := range p.old.Missing {
			if err := p.take(f, listed, nil); err != nil {
				return err
			}
		}
	}
	for _, name := range artifactFiles {
		if p.named[name] {
			continue
		}
		info, err := f.root.Lstat(name)
		// What the index does not name may be anything; it is left alone.
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if err := p.take(f, p.place+"/"+name, nil); err != nil {
			return err
		}
	}
	if p.next.Status != IndexFailed {
		p.next.Status = IndexOK
		if len(p.next.Missing) > 0 {
			p.next.Status = IndexPartial
		}
	}
	return nil
}

// take gives the artifact at an index's path its entry, or its place among the
// missing ones. was is its old entry, nil when it had none.
func (p *repairPlan) take(f folder, path string, was *rawEntry) error {
	name, err := localName(path, p.next.RunID)
	if err != nil {
		p.refuse(BadPath, IndexFile, "%v", err)
		return nil
	}
	if was == nil && p.named[name] {
		return nil
	}
	p.named[name] = true
	entry, err := f.measure(name, was == nil)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.before.Missing = append(p.before.Missing, path)
		if was != nil {
			p.changes = append(p.changes, IndexChange{Path: path, Was: wasOf(was)})
		}
		// The log is written anew.
		if name != RepairLogFile {
			p.next.Missing = append(p.next.Missing, path)
		}
		return nil
	case errors.Is(err, errNotRegular):
		p.refuse(NotRegular, name, "%v", err)
		return nil
	case errors.Is(err, errTooLarge):
		p.refuse(BadSize, name, "%v", err)
		return nil
	case err != nil:
		return fmt.Errorf("could not read %s: %w", name, err)
	}
	entry.Path = path
	if was != nil {
		entry.SchemaVersion = was.SchemaVersion
	}
	if was == nil || was.FileSize == nil || *was.FileSize != entry.FileSize || was.SHA256 == nil || *was.SHA256 != entry.SHA256.String() {
		p.changes = append(p.changes, IndexChange{path, wasOf(was), &IndexedBytes{&entry.FileSize, new(entry.SHA256.String())}})
		p.changed = append(p.changed, name)
		if was != nil {
			p.before.DigestMismatches = append(p.before.DigestMismatches, path)
		}
	}
	if name != RepairLogFile {
		p.next.Artifacts = append(p.next.Artifacts, entry)
	}
	return nil
}

// measure gives a file's size and digest. With schema it also gives the schema
// string that the file says it has.
func (f folder) measure(name string, schema bool) (Entry, error) {
	file, size, err := f.openSized(name)
	if err != nil {
		return Entry{}, err
	}
	defer file.Close()
	hash := sha256.New()
	if size <= maxArtifact {
		if size, err = io.Copy(hash, io.LimitReader(file, maxArtifact+1)); err != nil {
			return Entry{}, err
		}
	}
	if size > maxArtifact {
		return Entry{}, fmt.Errorf("larger than %d bytes: %w", int64(maxArtifact), errTooLarge)
	}
	entry := Entry{FileSize: size, SHA256: Digest(hash.Sum(nil))}
	if schema {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return Entry{}, err
		}
		entry.SchemaVersion = schemaOf(io.LimitReader(file, maxDocument))
	}
	return entry, nil
}

// schemaOf is the schema_version of the document, or of the first line of
// several; nil when it has none, or none we read.
func schemaOf(r io.Reader) *string {
	var schema *string
	found := errors.New("found")
	d := artifact.NewReader(r)
	err := d.Object([]string{"schema_version"}, func(key string) error {
		if key != "schema_version" {
			return d.Skip()
		}
		return cmp.Or(d.Value(&schema), found)
	})
	if !errors.Is(err, found) || schema == nil || artifact.CheckMajor(*schema) != nil {
		return nil
	}
	return schema
}

// unchanged reports whether the index is already what it would become.
func (p *repairPlan) unchanged() bool {
	return p.old != nil && len(p.changes) == 0 && p.old.Status == p.next.Status && slices.Equal(p.old.Missing, p.next.Missing)
}

// prove reads the folder once more against the new index. An index that would
// not load for more than its missing artifacts is none.
func (p *repairPlan) prove(f folder) error {
	data, err := canon.Marshal(p.next, canon.Indented)
	if err != nil {
		return err
	}
	raw, err := parseIndex(data)
	if err != nil {
		p.refuse(BadIndex, IndexFile, "%v", err)
		return nil
	}
	in := &inspection{dir: p.dir, verified: map[string]Entry{}, named: map[string]bool{}}
	in.index = &Index{RunID: raw.RunID, WorldID: raw.WorldID, Status: raw.Status}
	documents, err := in.entries(f, raw)
	if err != nil {
		return err
	}
	in.parse(documents)
	in.contradictions()
	p.refused = in.findings
	return nil
}
