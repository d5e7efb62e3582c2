package evidence

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// detailed reports whether there is something to be said of the attempt.
func (o *Observation) detailed() bool {
	return o.Syscall != "" || o.Call != "" || len(o.Details) > 0 || o.Return != nil
}

// probeDetails says of the attempt what every one has to say, and behind that what
// only its operation has.
func (s *scenarioRow) probeDetails(o *Observation) json.RawMessage {
	if !o.detailed() {
		return json.RawMessage("null")
	}
	details := artifact.ProbeDetails{
		Syscall: o.Syscall, Call: o.Call, ErrnoName: orNil(s.errnoName(o)),
		SourcePath: o.SourcePath, WorkerPID: o.WorkerPID, Witness: kernelWitness(o.Witness),
		Return: o.Return,
	}
	if o.attempted() && o.Return == nil || o.Errno != 0 {
		details.Errno = &o.Errno
	}
	if p := o.PostState; p != nil {
		details.PostState = &artifact.PostState{
			TargetExists: p.TargetExists, TargetType: p.TargetType, TargetSize: p.TargetSize, SourceExists: p.SourceExists,
		}
	}
	if o.Apply != nil {
		details.Layers = o.Apply.Layers
	}
	raw, err := json.Marshal(&details)
	if err != nil {
		panic("evidence: probe details of plain fields did not encode: " + err.Error())
	}
	if len(o.Details) == 0 {
		return raw
	}
	if raw, err = withDetails(raw, o.Details); err != nil {
		panic("evidence: probe details that were checked: " + err.Error())
	}
	return raw
}

// ownDetails are the keys that no operation can have as its own: what stands there
// was observed by whoever made the attempt.
var ownDetails = func() (keys []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[artifact.ProbeDetails]()) {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	return keys
}()

// withDetails adds an operation's keys to ours. The format has one that is also
// ours, the errno, which counts where we know none.
func withDetails(ours, operation json.RawMessage) (json.RawMessage, error) {
	var all, more artifact.Ordered[json.RawMessage]
	if err := artifact.Decode(ours, &all); err != nil {
		return nil, err
	}
	if err := artifact.Decode(operation, &more); err != nil {
		return nil, err
	}
	for _, m := range more {
		if !slices.Contains(ownDetails, m.Key) {
			all = append(all, m)
			continue
		}
		for i := range all {
			if all[i].Key == m.Key && m.Key == "errno" && string(all[i].Value) == "null" {
				all[i].Value = m.Value
			}
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	return raw, artifact.Decode(raw, new(artifact.ProbeDetails))
}

// checkDetails refuses details that documents could not carry.
func checkDetails(o *Observation) error {
	if len(o.Details) == 0 {
		return nil
	}
	ours, err := json.Marshal(artifact.ProbeDetails{})
	if err == nil {
		_, err = withDetails(ours, o.Details)
	}
	if err != nil {
		return fmt.Errorf("details: %w", err)
	}
	return nil
}
