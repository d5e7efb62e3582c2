package bundle

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Limits on the events that a statement is made from. Ours have rows of a few
// kilobytes, and ids of a few dozen bytes.
const (
	maxEvent         = 16 << 20 // bytes of one row
	maxTests         = 1 << 20
	maxExpectationID = 4 << 10
)

// scenarioTests are a run's scenarios as tests, in the order of the events, by
// what became of them. A scenario that was not attempted is in no list.
type scenarioTests struct {
	passed, warned, failed []string
	unattempted            int
}

func (t *scenarioTests) total() int {
	return len(t.passed) + len(t.warned) + len(t.failed) + t.unattempted
}

// eventFacts is what a test's outcome rests on.
type eventFacts struct {
	ExpectationID string  `json:"expectation_id"`
	Expected      string  `json:"expected"`
	Actual        *string `json:"actual"`
	Match         *bool   `json:"match"`
	RuntimeStatus string  `json:"runtime_status"`
	PolicyLayers  struct {
		Attribution string `json:"attribution"`
	} `json:"policy_layers"`
}

// list says which of the lists an event belongs to; nil is none of them. A
// decision counts only where the row says in all three ways that it is the
// expected one, and a denial only for the policy that earned it.
func (t *scenarioTests) list(e *eventFacts) *[]string {
	matches := e.Match != nil && *e.Match && e.Actual != nil && *e.Actual == e.Expected
	switch {
	case e.RuntimeStatus == "blocked":
		return nil
	case !matches || e.PolicyLayers.Attribution == "contradiction":
		return &t.failed
	case e.Expected == "allow" && e.RuntimeStatus == "success":
		return &t.passed
	case e.Expected == "deny" && e.PolicyLayers.Attribution == "process_policy":
		return &t.passed
	case e.Expected == "deny":
		return &t.warned
	}
	return &t.failed
}

// read takes the tests from runtime_events.normalized.json, a row at a time.
func (t *scenarioTests) read(r io.Reader) error {
	rows := &rowReader{r: r, left: maxEvent}
	dec := json.NewDecoder(rows)
	if open, err := dec.Token(); err != nil || open != json.Delim('[') {
		return errors.Join(errors.New("want a list of events"), err)
	}
	seen := map[string]bool{}
	for dec.More() {
		var e eventFacts
		if err := dec.Decode(&e); err != nil {
			return fmt.Errorf("event %d: %w", t.total(), err)
		}
		rows.left = maxEvent
		switch {
		case e.ExpectationID == "" || len(e.ExpectationID) > maxExpectationID:
			return fmt.Errorf("event %d: bad expectation_id %.80q", t.total(), e.ExpectationID)
		case seen[e.ExpectationID]:
			return fmt.Errorf("event %d: a second one for %.140q", t.total(), e.ExpectationID)
		case len(seen) == maxTests:
			return fmt.Errorf("more than %d events", maxTests)
		}
		seen[e.ExpectationID] = true
		if list := t.list(&e); list != nil {
			*list = append(*list, "scenario:"+e.ExpectationID)
		} else {
			t.unattempted++
		}
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the list")
	}
	return nil
}

// rowReader fails once more was read than left since somebody set it anew: a
// decoder holds the row it is at.
type rowReader struct {
	r    io.Reader
	left int
}

func (r *rowReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, fmt.Errorf("larger than %d bytes: %w", maxEvent, errTooLarge)
	}
	n, err := r.r.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// stream gives read an artifact's bytes while they are hashed: what read made of
// them is to be thrown away unless bad is nil. Bad is an *IntegrityError when
// they are not those that were verified; unread is what read said of bytes that
// are.
func (in *inspection) stream(name string, read func(io.Reader) error) (unread, bad error) {
	entry, ok := in.verified[name]
	if !ok {
		return fmt.Errorf("%s: %w", name, fs.ErrNotExist), nil
	}
	f, err := openFolder(in.dir)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	defer f.close()
	changed := func(code FindingCode, err error) error {
		return &IntegrityError{in.dir, []Finding{{Code: code, Name: name, Message: err.Error()}}}
	}
	file, err := f.open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, changed(FileMissing, errors.New("was there, and is gone"))
	case errors.Is(err, errNotRegular):
		return nil, changed(NotRegular, err)
	case err != nil:
		return nil, fmt.Errorf("bundle %s: %w", in.dir, err)
	}
	defer file.Close()
	hash := sha256.New()
	hashed := io.TeeReader(io.LimitReader(file, entry.FileSize+1), hash)
	unread = read(hashed)
	if _, err := io.Copy(io.Discard, hashed); err != nil {
		return nil, fmt.Errorf("bundle %s: %s: %w", in.dir, name, err)
	}
	if Digest(hash.Sum(nil)) != entry.SHA256 {
		return nil, changed(DigestDiffers, errors.New("changed while it was read"))
	}
	return unread, nil
}
