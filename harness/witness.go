package harness

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/witness"
)

// WitnessMode says whether a run listens to the kernel's audit log, which names
// what was missing for every denial.
type WitnessMode string

// The witness modes.
const (
	WitnessAuto WitnessMode = "auto" // where audit is on and may be read
	WitnessOff  WitnessMode = "off"
	// WitnessEnable turns audit on for the run and back to what it was after it,
	// also when the run is killed. It needs CAP_AUDIT_CONTROL.
	WitnessEnable WitnessMode = "enable"
)

func (m WitnessMode) orAuto() (WitnessMode, error) {
	switch m {
	case "":
		return WitnessAuto, nil
	case WitnessAuto, WitnessOff, WitnessEnable:
		return m, nil
	}
	return m, inputErrorf("unknown witness mode %q, use auto, off or enable", m)
}

// patience is how long a denial's record may take. Records come within a
// millisecond; a busy machine takes longer, and where none comes for another
// reason every denial costs this.
const patience = time.Second

// settling is how long the log may take to show a denial made on purpose, by a
// process that has to be started first.
const settling = 20 * time.Second

// ear is a session's part of the witness.
type ear struct {
	reader *witness.Reader
	prefix string // of the session's tags: random, so that those of other sessions differ
	// deaf says why nobody listens; empty while somebody does.
	deaf string
	lost []string
}

// WitnessReport is how a session listened, known at its end.
type WitnessReport struct {
	Listening bool     `json:"listening"`
	Reason    string   `json:"reason,omitempty"` // why not
	Lost      []string `json:"lost,omitempty"`   // why records may be missing
}

// listen opens the audit log, once, before the session's first policy. It is
// used when a denial made on purpose has come through it: a log that is open and
// carries nothing exists too.
func (s *Session) listen(ctx context.Context) {
	if s.ear != nil {
		return
	}
	s.ear = &ear{}
	if s.ticket.Witness == WitnessOff {
		s.ear.deaf = "it was not to be listened to"
		return
	}
	reader, err := witness.Open()
	if err != nil {
		s.ear.deaf = err.Error()
		return
	}
	if err := reader.Settle(ctx, settling); err != nil {
		reader.Close()
		s.ear.deaf = err.Error()
		return
	}
	s.ear.reader = reader
	s.ear.prefix = "rt" + strconv.FormatUint(rand.Uint64N(36*36*36*36), 36) + "-"
}

// tag names the domains of the next observation; empty when nobody listens.
func (e *ear) tag(seq int) string {
	if e == nil || e.reader == nil {
		return ""
	}
	tag := e.prefix + strconv.FormatInt(int64(seq), 36)
	e.reader.Watch(tag)
	return tag
}

// forget drops what is known of a tag, whatever became of its observation.
func (e *ear) forget(tag string) {
	if e != nil && e.reader != nil && tag != "" {
		e.reader.Forget(tag)
	}
}

// testify asks the log about a denial. A denial for want of another right than
// the one under test is no decision.
func (s *Session) testify(ctx context.Context, obs *Observation, o *op.Op, v *op.Variant, policy *policy, tag string) {
	if tag == "" || obs.Outcome != Denied {
		return
	}
	finding, why := s.hear(ctx, policy, tag)
	if len(finding.Denials) == 0 {
		obs.Witness = &evidence.Witness{Status: evidence.WitnessSilent, Reason: why}
		if finding.Complete {
			undecided(obs, "the kernel's log is whole and has no denial by this policy: something else refused it")
		}
		return
	}
	w := &evidence.Witness{Status: evidence.WitnessRecorded, Reason: strings.Join(finding.Losses, "; ")}
	for i := range finding.Denials {
		d := &finding.Denials[i]
		// A program that a probe started may take domains of its own and give them
		// any name; it cannot make them in the worker's process.
		if d.PID != obs.WorkerPID {
			broken(obs, "witness_forged", fmt.Sprintf("a record of this probe's is of process %d, and the worker is %d: something on this host imitates it", d.PID, obs.WorkerPID))
			return
		}
		w.Denials = append(w.Denials, evidence.Denial{
			Serial: d.Serial, Domain: d.Domain, Layer: d.Layer, Blockers: d.Blockers, Object: object(d),
		})
	}
	meant := op.Meant(o, v, obs.Errno, w.Denials[0].Blockers)
	w.Intended = &meant
	obs.Witness = w
	if !meant {
		undecided(obs, fmt.Sprintf("the kernel denied it for want of %s, not of %s: it decides nothing about %s", w.Blockers(), strings.Join(op.Intended(o, v), " or "), obs.Operation))
	}
}

// undecided withdraws a denial that the kernel's log does not bear out.
func undecided(obs *Observation, why string) {
	obs.Outcome, obs.Actual = Undecided, ""
	obs.FailureKind, obs.Reason = evidence.KindNotWitnessed, why
}

// disown withdraws a denial that no record speaks of and that cannot be about the
// operation: no layer handles its right, so another one was missing.
func (p *policy) disown(obs *Observation, o *op.Op, v *op.Variant) {
	if obs.Outcome != Denied || obs.Witness != nil && obs.Witness.Status == evidence.WitnessRecorded {
		return
	}
	intended := op.Intended(o, v)
	if !slices.ContainsFunc(intended, func(right string) bool { return p.restricted[right] }) {
		undecided(obs, fmt.Sprintf("no layer of the policy handles %s, so it was denied for want of another right: it decides nothing about %s", strings.Join(intended, " or "), obs.Operation))
	}
}

// hear waits for the records of a denial. Without any it says why, and whether
// the log is known to hold none.
func (s *Session) hear(ctx context.Context, policy *policy, tag string) (finding witness.Finding, why string) {
	reader := s.ear.reader
	if hushed := policy.hushed(); hushed != "" {
		// Waiting for what will not come takes long: Collect asks the log whether
		// it is past the denial. And what was not to be logged is not missing.
		finding, err := reader.Collect(ctx, tag, settling)
		if err != nil {
			return witness.Finding{}, hushed
		}
		return finding, ""
	}
	finding, err := reader.Await(ctx, tag, patience)
	if err == nil {
		return finding, ""
	}
	if err := reader.Settle(ctx, settling); err != nil {
		s.ear.stop("the audit log fell silent: " + err.Error())
		return witness.Finding{}, err.Error()
	}
	finding = reader.Find(tag) // what came late
	finding.Complete = len(finding.Losses) == 0
	return finding, err.Error()
}

// object is what a denial was about, as the log says it. The kernel leaves out
// what has no value.
func object(d *witness.Denial) map[string]string {
	o := make(map[string]string)
	text := func(key, value string) {
		if value != "" {
			o[key] = strings.ToValidUTF8(value, "\uFFFD")
		}
	}
	number := func(key string, value int) {
		if value != 0 {
			o[key] = strconv.Itoa(value)
		}
	}
	text("path", cmp.Or(d.Path, d.Socket))
	text("name", d.Name)
	text("dev", d.Dev)
	if d.Ino != 0 {
		o["ino"] = strconv.FormatUint(d.Ino, 10)
	}
	text("ioctlcmd", d.IoctlCmd)
	text("saddr", d.SAddr)
	number("src", d.SPort)
	text("daddr", d.DAddr)
	number("dest", d.DPort)
	text("laddr", d.LAddr)
	number("lport", d.LPort)
	text("faddr", d.FAddr)
	number("fport", d.FPort)
	number("opid", d.OPID)
	text("ocomm", d.OComm)
	for _, f := range d.Other {
		text(f.Key, f.Raw)
	}
	return o
}

// hushed says why the kernel logs none or not all of the policy's denials.
func (p *policy) hushed() string {
	for i, l := range p.ready {
		if l.Flags&(landlock.LogSameExecOff|landlock.LogSubdomainsOff) != 0 {
			return fmt.Sprintf("layer %d has restrict_flags %v: the kernel was asked not to log", i, l.Flags)
		}
	}
	return ""
}

// WitnessReport says how the session listened, nil when it applied no policy.
func (s *Session) WitnessReport() *WitnessReport {
	if s.ear == nil {
		return nil
	}
	return &WitnessReport{Listening: s.ear.deaf == "", Reason: s.ear.deaf, Lost: s.ear.lost}
}

// stop ends listening for a reason: no denial is to wait for a record any more.
func (e *ear) stop(why string) {
	e.close()
	e.deaf = why
}

// close stops listening and keeps what is known of lost records.
func (e *ear) close() {
	if e == nil || e.reader == nil {
		return
	}
	e.lost = e.reader.Lost()
	e.reader.Close()
	e.reader = nil
}
