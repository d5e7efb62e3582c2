package mapping

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// EvidenceError says that mappings cannot be made of a packet that passed the
// gate: its observations contradict what they are about, or each other.
type EvidenceError struct {
	Packet string // as documents name it
	Err    error
}

func (e *EvidenceError) Error() string {
	return fmt.Sprintf("packet %s: %v: leave it out, or run its plan anew; nothing was changed", e.Packet, e.Err)
}
func (e *EvidenceError) Unwrap() error { return e.Err }

// What is on its way from the bundles to the documents, so that the next
// bundle is decoded while one is taken in.
const (
	batchEvents = 64
	batches     = 8
)

// batch is observations of one source that stand one after another. The last one
// of a source says how its reading ended.
type batch struct {
	src    *source
	events []*artifact.Event
	err    error
}

// eachEvent hands the observations of the sources to use, source by source, once
// each. Those of a source count only when its reading ended well: after an error
// nothing that was made of any may be kept.
func eachEvent(sources []*source, use func(*source, *artifact.Event) error) error {
	results, stop := make(chan batch, batches), make(chan struct{})
	defer close(stop)
	go decode(sources, results, stop)
	for b := range results {
		for _, e := range b.events {
			if err := use(b.src, e); err != nil {
				return evidence(b.src, err)
			}
		}
		if b.err != nil {
			return evidence(b.src, b.err)
		}
	}
	return nil
}

// evidence says whose evidence an error is about, unless it is one of the disk.
func evidence(src *source, err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*os.LinkError](err); ok {
		return err
	}
	return &EvidenceError{src.name, err}
}

var errStopped = errors.New("stopped")

// decode reads ahead, as far as results holds.
func decode(sources []*source, results chan<- batch, stop <-chan struct{}) {
	defer close(results)
	send := func(b batch) error {
		select {
		case results <- b:
			return nil
		case <-stop:
			return errStopped
		}
	}
	for _, src := range sources {
		b := batch{src: src}
		err := src.bundle.Stream(artifact.RuntimeEventsFile, func(r io.Reader) error {
			return artifact.ReadEvents(r, func(e *artifact.Event) error {
				if b.events = append(b.events, e); len(b.events) < batchEvents {
					return nil
				}
				full := b
				b.events = nil
				return send(full)
			})
		})
		b.err = err
		if send(b) != nil || err != nil {
			return
		}
	}
}

// binding holds the observations of one source against its matrix.
type binding struct {
	src  *source
	rows map[string]*expected
}

// expected is a row of a matrix, and whether it was observed.
type expected struct {
	profile string
	probe   *artifact.MatrixProbe
	seen    bool
}

func bind(src *source) *binding {
	b := &binding{src, map[string]*expected{}}
	for i := range src.matrix.Profiles {
		p := &src.matrix.Profiles[i]
		for j := range p.Value.Probes {
			probe := &p.Value.Probes[j]
			b.rows[probe.ExpectationID] = &expected{profile: p.Key, probe: probe}
		}
	}
	return b
}

// check refuses an observation that is not of the source's run, not of what its
// matrix expects, or the second of its scenario.
func (b *binding) check(e *artifact.Event) error {
	if err := analysis.CheckEvent(e); err != nil {
		return err
	}
	row, known := b.rows[e.ExpectationID]
	if !known {
		return fmt.Errorf("observation %q is of expectation %.140q, which %s does not have", e.ScenarioID, e.ExpectationID, artifact.ExpectedMatrixFile)
	}
	for _, is := range []struct{ key, value, want string }{
		{"world_id", e.WorldID, b.src.bundle.WorldID()},
		{"run_id", e.RunID, b.src.bundle.RunID()},
		{"expectation_id", e.ExpectationID, e.ScenarioID},
		{"profile_id", e.ProfileID, row.profile},
		{"operation", e.Operation, row.probe.Operation},
		{"target", e.Target, row.probe.Target},
		{"expected", e.Expected, row.probe.Expected},
	} {
		if is.value != is.want {
			return fmt.Errorf("observation %q: %s is %.140q, where its run and matrix have %.140q", e.ScenarioID, is.key, is.value, is.want)
		}
	}
	if e.Actual != nil && e.Match == nil {
		return fmt.Errorf("observation %q: match is null, and actual is %q: whether that is the expected %q was left out", e.ScenarioID, *e.Actual, e.Expected)
	}
	if row.seen {
		return fmt.Errorf("observation %q comes twice", e.ScenarioID)
	}
	row.seen = true
	return nil
}
