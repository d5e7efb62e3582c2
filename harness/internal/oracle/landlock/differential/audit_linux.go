package differential

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	"github.com/rtgen/rtgen/harness/internal/witness"
)

// AuditLog compares the kernel's records with those the model foretells. A nil
// one compares nothing.
type AuditLog struct {
	reader  *witness.Reader
	restore func() error
	prefix  string // of the tags: no other process's begin with it
	next    int
	tags    []string
	asked   map[string]asked
	records int // compared
}

// asked is a question on which model and kernel agreed.
type asked struct {
	c Case
	v Verdict
}

// OpenLog turns the audit log on until it is closed, which puts it back.
func OpenLog() (*AuditLog, error) {
	on, err := witness.Enable()
	if err != nil {
		return nil, err
	}
	reader, err := witness.Open()
	if err != nil {
		return nil, errors.Join(err, on.Restore())
	}
	// Six bytes here, a dash, and the others of landlock.TagMax count up.
	prefix := "d" + strconv.FormatUint(36*36*36*36+rand.Uint64N(35*36*36*36*36), 36) + "-"
	return &AuditLog{reader: reader, restore: on.Restore, prefix: prefix, asked: map[string]asked{}}, nil
}

// Close puts the log back as it was.
func (l *AuditLog) Close() error {
	l.reader.Close()
	return l.restore()
}

func (l *AuditLog) tag() string {
	if l == nil {
		return ""
	}
	l.next++
	tag := l.prefix + strconv.FormatInt(int64(l.next), 36)
	l.reader.Watch(tag)
	l.tags = append(l.tags, tag)
	return tag
}

func (l *AuditLog) expect(tag string, c Case, v Verdict) {
	if l != nil {
		l.asked[tag] = asked{c, v}
	}
}

// settle compares the records of a round.
func (k *worker) settle(round int) error {
	l := k.o.Log
	if err := l.reader.Settle(context.Background(), 20*time.Second); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	for _, tag := range l.tags {
		found := l.reader.Find(tag)
		l.reader.Forget(tag)
		a, ok := l.asked[tag]
		if !ok || a.v.Answer.Decision == oracle.Unknown {
			continue
		}
		if fault := l.compare(a, found); fault != "" {
			a.v.Fault = fault
			c := a.c.portable(k.sockets, k.processes.outside())
			k.mu.Lock()
			k.disagreements = append(k.disagreements, Disagreement{Round: round, Decisions: k.asked, Found: c, Small: c, Verdict: a.v})
			k.mu.Unlock()
		}
	}
	l.tags, l.asked = nil, map[string]asked{}
	return nil
}

func (l *AuditLog) compare(a asked, found witness.Finding) string {
	want := a.v.Answer.Blockers()
	switch {
	case len(found.Denials) == 0 && want != nil && len(found.Losses) == 0:
		return "no record in the log"
	case len(found.Denials) == 0:
		return ""
	case a.c.Question.Syscall == "proc_environ" && a.v.Answer.Decision == oracle.Allow:
		return "" // CAP_PERFMON opened what Landlock had denied
	}
	l.records++
	first := found.Denials[0]
	if want == nil || !slices.Equal(first.Blockers, want) || first.Layer != a.v.Answer.Record.Layer {
		return fmt.Sprintf("the log says layer %d, blockers %s, and the model %v", first.Layer, strings.Join(first.Blockers, ","), a.v.Answer.Record)
	}
	return ""
}
