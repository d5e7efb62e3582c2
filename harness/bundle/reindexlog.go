package bundle

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// RepairLogFile is the artifact that a repair adds to a bundle.
const RepairLogFile = "repair_log.json"

// SchemaRepairLog is the schema string of a RepairLog.
const SchemaRepairLog = "runtime-tools.repair_log.v0.1"

// RepairLog is repair_log.json: what an index said before it was written anew.
// The logs of the reference system have no key after After, but for the time.
type RepairLog struct {
	SchemaVersion  string      `json:"schema_version"`
	BundleDir      string      `json:"bundle_dir"` // as the index names the run folder
	RepairedAtUnix canon.Float `json:"repaired_at_unix"`
	Before         RepairState `json:"before"`
	After          RepairState `json:"after"`

	RunID       string          `json:"run_id"`
	WorldID     string          `json:"world_id"`
	IndexBefore *Digest         `json:"index_before"`      // of the index that was replaced; null when there was none
	Changes     []IndexChange   `json:"changes"`           // what the index says otherwise now
	Earlier     json.RawMessage `json:"earlier,omitempty"` // the log of the repair before this one
}

// RepairState is how an index and its folder stand to each other. The paths are
// the index's.
type RepairState struct {
	Missing          []string `json:"missing"`
	DigestMismatches []string `json:"digest_mismatches"`
}

// IndexChange is an entry that a repair changed, added or removed.
type IndexChange struct {
	Path string        `json:"path"`
	Was  *IndexedBytes `json:"was"` // null: the index did not name it
	Is   *IndexedBytes `json:"is"`  // null: it is missing
}

func (c IndexChange) String() string {
	switch {
	case c.Is == nil:
		return c.Path + ": missing, its entry is gone"
	case c.Was == nil:
		return c.Path + ": not named before, has an entry now"
	}
	return c.Path + ": has the size and sha256 of the file as it is now"
}

// IndexedBytes is what an index says of a file. An old index may have it null,
// or say nonsense.
type IndexedBytes struct {
	FileSize *int64  `json:"file_size"`
	SHA256   *string `json:"sha256"`
}

func wasOf(e *rawEntry) *IndexedBytes {
	if e == nil {
		return nil
	}
	return &IndexedBytes{e.FileSize, e.SHA256}
}

// readLog keeps the log of an earlier repair. No proof is asked of it: it speaks
// against the bundle only.
func (p *repairPlan) readLog(f folder) error {
	data, err := f.read(RepairLogFile, maxDocument)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, errNotRegular), errors.Is(err, errTooLarge):
		p.refuse(NotRegular, RepairLogFile, "%v", err)
		return nil
	case err != nil:
		return err
	}
	var log struct {
		SchemaVersion string          `json:"schema_version"`
		IndexBefore   *string         `json:"index_before"`
		Earlier       json.RawMessage `json:"earlier"`
	}
	if decode(data, &log) != nil || checkSchema(log.SchemaVersion, SchemaRepairLog) != nil {
		return nil
	}
	p.earlier = data
	// The index it was to replace is still there: that repair did not end.
	if log.IndexBefore != nil && p.oldDigest != nil && *log.IndexBefore == p.oldDigest.String() {
		p.earlier = log.Earlier
	}
	return nil
}

// write puts the log in place, then the index that names it. Stopped in
// between, the folder has the old index.
func (p *repairPlan) write(s steps, now time.Time) error {
	log, err := canon.Marshal(RepairLog{
		SchemaVersion: SchemaRepairLog, BundleDir: p.place, RunID: p.next.RunID, WorldID: p.next.WorldID,
		RepairedAtUnix: canon.Float(float64(now.UnixMicro()) / 1e6),
		Before:         p.before,
		After:          RepairState{Missing: p.next.Missing, DigestMismatches: []string{}},
		IndexBefore:    p.oldDigest, Changes: notNil(p.changes), Earlier: p.earlier,
	}, canon.Indented)
	if err != nil {
		return err
	}
	index := p.next
	schema := SchemaRepairLog
	index.Artifacts = append(index.Artifacts[:len(index.Artifacts):len(index.Artifacts)],
		Entry{p.place + "/" + RepairLogFile, int64(len(log)), DigestOf(log), &schema})
	data, err := canon.Marshal(index, canon.Indented)
	if err != nil {
		return err
	}
	// Nobody knows how these came to be what they are, and an index must not
	// outlive them.
	for _, name := range p.changed {
		path := filepath.Join(p.dir, name)
		if err := s.syncFile(path); err != nil {
			return explain("sync "+path, err)
		}
	}
	for _, file := range []struct {
		name string
		data []byte
	}{{RepairLogFile, log}, {IndexFile, data}} {
		path := filepath.Join(p.dir, file.name)
		err := replace(s, path, tempName(path), func(w io.Writer) error {
			_, err := w.Write(file.data)
			return err
		})
		if err == nil {
			// After the log too: an index may not outlive a file it names.
			err = s.syncDir(p.dir)
		}
		if err != nil {
			return explain("write "+path, err)
		}
	}
	return nil
}
