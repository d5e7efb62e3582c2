package harness

import (
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/witness"
)

// enableWitness turns audit on when the run is to. It does so before anything is
// written: a run that cannot have its witness is refused.
func enableWitness(c *Compiled, p Params) (*witness.Switch, error) {
	if p.Witness != WitnessEnable || p.Dry || !c.Lanes.Scenario {
		return nil, nil
	}
	sw, err := witness.Enable()
	if err != nil {
		return nil, &UnavailableError{fmt.Errorf("--witness=enable: %w", err)}
	}
	return sw, nil
}

// restoreWitness puts the audit state back, once.
func (r *Run) restoreWitness() error {
	if r.audit == nil || r.auditAfter != nil {
		return nil
	}
	var err error
	r.auditNote, err = restored(r.audit.Restore())
	after, statusErr := witness.QueryStatus()
	if statusErr != nil {
		return errors.Join(err, fmt.Errorf("look at the audit state: %w", statusErr))
	}
	r.auditAfter = auditState(after)
	if before := r.audit.Before.Enabled; r.auditNote == "" && before != after.Enabled {
		r.auditNote = fmt.Sprintf("audit_enabled is %d and was %d before the run: another run has it on, or it could not be put back", after.Enabled, before)
	}
	return err
}

// restored tells what went wrong in putting the audit state back from what only
// has to be said: a state that someone else changed meanwhile is theirs, which is
// no fault of the evidence.
func restored(err error) (note string, fault error) {
	var changed *witness.ChangedError
	switch {
	case errors.As(err, &changed):
		return changed.Error(), nil
	case err != nil:
		return "", fmt.Errorf("put the audit state back: %w", err)
	}
	return "", nil
}

// witnessRecord is what the manifest and the result say of the witness.
func (r *Run) witnessRecord(ev *Evidence, c evidence.WitnessCounts) *bundle.Witness {
	w := &bundle.Witness{
		Mode: string(r.params.Witness), Status: "idle",
		Denied: c.Denied, Recorded: c.Recorded, Intended: c.Intended, Silent: c.Silent,
	}
	for _, report := range ev.Witnesses {
		w.Lost = append(w.Lost, report.Lost...)
		switch {
		case !report.Listening:
			w.Status, w.Reason = "unavailable", report.Reason
		case w.Status == "idle":
			w.Status = "listening"
		}
	}
	if r.params.Witness == WitnessOff {
		w.Status = "off"
	}
	if r.audit != nil {
		w.Before, w.After, w.Note = auditState(r.audit.Before), r.auditAfter, r.auditNote
	}
	return w
}

func auditState(s witness.Status) *bundle.AuditState {
	return &bundle.AuditState{
		Enabled: s.Enabled, RateLimit: s.RateLimit, BacklogLimit: s.BacklogLimit, Lost: s.Lost, DaemonPID: s.PID,
	}
}
