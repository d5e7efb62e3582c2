package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// inspection is everything one reading of a run folder shows. Load, Validate
// and Emit are three judgements on it.
type inspection struct {
	dir         string
	index       *Index // entries that could be followed; nil when there is no index to read
	indexDigest Digest
	verified    map[string]Entry // by name: the files whose bytes are what the index says
	named       map[string]bool  // by name: the files the index has an entry for, good or bad
	status      *RunStatus       // these three only when verified
	manifest    *RunManifest
	summary     *Summary
	// hasManifest is about the file, whatever is in it.
	hasManifest bool
	// repaired is about a repair log the same way, indexed or not.
	repaired bool
	// state is run_status.json's, also when no index vouches for it: it may
	// speak against a bundle, never for one.
	state    State
	findings []Finding
}

func (in *inspection) add(code FindingCode, name, format string, args ...any) {
	in.findings = append(in.findings, Finding{Code: code, Name: name, Message: fmt.Sprintf(format, args...)})
}

func (in *inspection) has(codes ...FindingCode) bool {
	return slices.ContainsFunc(in.findings, func(f Finding) bool { return slices.Contains(codes, f.Code) })
}

// bundle gives the verified artifacts, whatever else is wrong.
func (in *inspection) bundle() *Bundle { return &Bundle{Dir: in.dir, verified: in.verified} }

// inspect reads the bundle at path. Its error means that nothing can be said;
// what is wrong with the bundle goes into findings.
func inspect(path string) (*inspection, error) {
	dir, latest, err := locate(path)
	if err != nil {
		return nil, err
	}
	f, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	defer f.close()
	in := &inspection{dir: dir, verified: map[string]Entry{}, named: map[string]bool{}}
	_, err = f.root.Lstat(ManifestFile)
	in.hasManifest = err == nil
	_, err = f.root.Lstat(RepairLogFile)
	in.repaired = err == nil
	if err := in.read(f, latest); err != nil {
		return nil, fmt.Errorf("bundle %s: %w", dir, err)
	}
	return in, nil
}

func (in *inspection) read(f folder, latest string) error {
	data, err := f.read(IndexFile, maxDocument)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		in.add(IndexMissing, IndexFile, "not there: the run was not committed")
		in.peekState(f)
		return nil
	case errors.Is(err, errNotRegular), errors.Is(err, errTooLarge):
		in.add(BadIndex, IndexFile, "%v", err)
		return nil
	case err != nil:
		return err
	}
	in.indexDigest = DigestOf(data)
	raw, err := parseIndex(data)
	if err != nil {
		in.add(BadIndex, IndexFile, "%v", err)
		in.peekState(f)
		return nil
	}
	in.index = &Index{raw.SchemaVersion, raw.RunID, raw.WorldID, nil, raw.Missing, raw.Status}
	if latest != "" && latest != raw.RunID {
		in.add(IDDiffers, IndexFile, "run_id is %s, LATEST and the folder say %s", raw.RunID, latest)
	}
	for _, path := range raw.Missing {
		in.add(ListedMissing, IndexFile, "lists %.200q as missing", path)
	}
	documents, err := in.entries(f, raw)
	if err != nil {
		return err
	}
	in.parse(documents)
	if in.status == nil {
		in.peekState(f)
	}
	in.contradictions()
	return in.strangers(f)
}

// entries checks and verifies what the index names, and gives back the
// documents that are needed now, from the same reading.
func (in *inspection) entries(f folder, raw *rawIndex) (map[string][]byte, error) {
	documents := map[string][]byte{}
	seen := map[string]bool{}
	for i, rawEntry := range raw.Artifacts {
		name, entry, code, err := rawEntry.check(raw.RunID)
		if name == "" {
			name = fmt.Sprintf("artifacts[%d]", i)
		} else {
			in.named[name] = true
		}
		// Case-folded: some file systems cannot tell such names apart.
		if folded := strings.ToLower(name); seen[folded] {
			in.add(Duplicate, name, "named by two entries")
			continue
		} else if code != BadPath {
			seen[folded] = true
		}
		if err != nil {
			in.add(code, name, "%v", err)
			continue
		}
		var keep func(io.Reader)
		var kept bytes.Buffer
		switch name {
		case StatusFile, ManifestFile, SummaryFile:
			if entry.FileSize > maxDocument {
				in.add(BadSize, name, "file_size %d is over the limit of %d", entry.FileSize, maxDocument)
				continue
			}
			keep = func(r io.Reader) { _, _ = kept.ReadFrom(r) } // its error is verify's too
		}
		code, err = f.verify(name, entry, keep)
		if err != nil && code == "" {
			return nil, fmt.Errorf("could not check %s: %w", name, err)
		}
		in.index.Artifacts = append(in.index.Artifacts, entry)
		if err != nil {
			in.add(code, name, "%v", err)
			continue
		}
		in.verified[name] = entry
		if keep != nil {
			documents[name] = kept.Bytes()
		}
	}
	return documents, nil
}

func (in *inspection) parse(documents map[string][]byte) {
	in.status = parseDocument[RunStatus](in, documents, StatusFile, SchemaStatus, func(s *RunStatus) string { return s.SchemaVersion })
	in.manifest = parseDocument[RunManifest](in, documents, ManifestFile, SchemaManifest, func(m *RunManifest) string { return m.SchemaVersion })
	in.summary = parseDocument[Summary](in, documents, SummaryFile, SchemaSummary, func(s *Summary) string { return s.SchemaVersion })
	if in.status != nil {
		in.state = in.status.State
	}
}

func parseDocument[T any](in *inspection, documents map[string][]byte, name, schema string, version func(*T) string) *T {
	data, ok := documents[name]
	if !ok {
		return nil
	}
	doc, err := decodeAs(data, schema, version)
	if err != nil {
		in.add(BadDocument, name, "%v", err)
	}
	return doc
}

// peekState reads run_status.json without any proof.
func (in *inspection) peekState(f folder) {
	data, err := f.read(StatusFile, maxDocument)
	if err != nil {
		return
	}
	var status RunStatus
	if decode(data, &status) == nil {
		in.state = status.State
	}
}

// contradictions are between documents that each verify.
func (in *inspection) contradictions() {
	same := func(name, field, got, want string) {
		if got != want {
			in.add(IDDiffers, name, "%s is %.140q, elsewhere in the bundle %.140q", field, got, want)
		}
	}
	if in.status == nil {
		if !in.named[StatusFile] {
			in.add(FileMissing, StatusFile, "the index does not name it")
		}
	} else {
		same(StatusFile, "run_id", in.status.RunID, in.index.RunID)
		same(StatusFile, "world_id", in.status.WorldID, in.index.WorldID)
		in.checkState()
	}
	if m := in.manifest; m != nil {
		same(ManifestFile, "run_id", m.RunID, in.index.RunID)
		same(ManifestFile, "world_id", m.WorldID, in.index.WorldID)
		if in.status != nil {
			same(ManifestFile, "plan_id", m.PlanID, in.status.PlanID)
			same(ManifestFile, "plan_digest", m.PlanDigest, in.status.PlanDigest)
			same(ManifestFile, "channel", m.Channel, in.status.Channel)
		}
	}
	if s := in.summary; s != nil {
		same(SummaryFile, "run_id", s.RunID, in.index.RunID)
		same(SummaryFile, "world_id", s.WorldID, in.index.WorldID)
		if in.status != nil {
			same(SummaryFile, "plan_id", s.PlanID, in.status.PlanID)
			same(SummaryFile, "plan_digest", s.PlanDigest, in.status.PlanDigest)
			same(SummaryFile, "channel", s.Channel, in.status.Channel)
		}
	}
}

func (in *inspection) checkState() {
	failed := in.index.Status == IndexFailed
	switch in.state {
	case StateComplete:
		if failed {
			in.add(BadState, StatusFile, "says complete where the index says failed")
		}
	case StateFailed:
		if !failed {
			in.add(BadState, StatusFile, "says failed where the index says %s", in.index.Status)
		}
	case StateInProgress:
		in.add(BadState, StatusFile, "says in_progress in a bundle that has an index")
	default:
		in.add(BadState, StatusFile, "unknown state %.40q", in.state)
	}
}
