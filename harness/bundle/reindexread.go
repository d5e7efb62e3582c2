package bundle

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

// readDocuments reads the two documents that say which run this is.
func (p *repairPlan) readDocuments(f folder, latest string) error {
	status, err := p.readStatus(f)
	if err != nil || status == nil {
		return err
	}
	p.next = Index{SchemaVersion: SchemaIndex, RunID: status.RunID, WorldID: status.WorldID, Status: IndexOK}
	if status.State == StateFailed {
		p.next.Status = IndexFailed
	}
	p.place = status.RunID
	if base := filepath.Base(filepath.Dir(p.dir)); base != string(filepath.Separator) {
		p.place = base + "/" + status.RunID
	}
	if err := p.readIndex(f); err != nil {
		return err
	}
	if latest != "" && latest != p.next.RunID {
		p.refuse(IDDiffers, IndexFile, "run_id is %s, LATEST and the folder say %s", p.next.RunID, latest)
	}
	return nil
}

// readStatus reads run_status.json, which alone says that the run is over. No
// index need vouch for it: it may forbid a repair, and the proof comes later.
func (p *repairPlan) readStatus(f folder) (*RunStatus, error) {
	data, err := f.read(StatusFile, maxDocument)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.refuse(FileMissing, StatusFile, "not there: nothing else says that the run is over")
		return nil, nil
	case errors.Is(err, errNotRegular), errors.Is(err, errTooLarge):
		p.refuse(NotRegular, StatusFile, "%v", err)
		return nil, nil
	case err != nil:
		return nil, err
	}
	status, err := decodeAs(data, SchemaStatus, func(s *RunStatus) string { return s.SchemaVersion })
	if err == nil {
		err = checkRunID(status.RunID)
	}
	if err != nil {
		p.refuse(BadDocument, StatusFile, "%v", err)
		return nil, nil
	}
	if status.State == StateInProgress {
		p.refuse(BadState, StatusFile, "says in_progress: let the run end; one that was killed has no end to repair, make it again")
		return nil, nil
	}
	return status, nil
}

// readIndex reads the index that is to be replaced. Without one, or with one
// that is no JSON or names nothing, the folder is all there is to go by. One of
// another kind or version is refused: it may say what we cannot read.
func (p *repairPlan) readIndex(f folder) error {
	data, err := f.read(IndexFile, maxDocument)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, errNotRegular), errors.Is(err, errTooLarge):
		p.refuse(BadIndex, IndexFile, "%v", err)
		return nil
	case err != nil:
		return err
	}
	digest := DigestOf(data)
	p.oldDigest = &digest
	var raw rawIndex
	if decode(data, &raw) != nil {
		return nil
	}
	if err := checkSchema(raw.SchemaVersion, SchemaIndex); err != nil {
		p.refuse(BadIndex, IndexFile, "%v", err)
		return nil
	}
	if len(raw.Artifacts) == 0 {
		return nil
	}
	if p.old, err = parseIndex(data); err != nil {
		p.refuse(BadIndex, IndexFile, "%v", err)
		return nil
	}
	p.next.SchemaVersion, p.next.RunID, p.next.WorldID = p.old.SchemaVersion, p.old.RunID, p.old.WorldID
	// A failed run stays one, whatever run_status.json says now: contradictions
	// come to light in the proof.
	p.next.Status = p.old.Status
	for _, e := range p.old.Artifacts {
		if i := strings.LastIndex(e.Path, p.old.RunID+"/"); i >= 0 && (i == 0 || e.Path[i-1] == '/') {
			p.place = e.Path[:i] + p.old.RunID
			break
		}
	}
	return nil
}
