package landlock_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	"github.com/rtgen/rtgen/harness/internal/witness"
)

// auditLog compares the kernel's records with those the model foretells. A nil
// one compares nothing.
type auditLog struct {
	reader  *witness.Reader
	prefix  string // of the tags: no other process's begin with it
	next    int
	tags    []string
	asked   map[string]asked
	records int // compared
}

// asked is a question on which model and kernel agreed.
type asked struct {
	w   *world
	q   oracle.Question
	a   oracle.Answer
	res op.Result
}

func openLog(t *testing.T) *auditLog {
	t.Helper()
	on, err := witness.Enable()
	if err != nil {
		t.Skipf("audit: %v", err)
	}
	t.Cleanup(func() {
		if err := on.Restore(); err != nil {
			t.Errorf("audit: %v", err)
		}
	})
	reader, err := witness.Open()
	if err != nil {
		t.Skipf("audit: %v", err)
	}
	t.Cleanup(reader.Close)
	// Six bytes here, a dash, and the others of landlock.TagMax count up.
	prefix := "d" + strconv.FormatUint(36*36*36*36+rand.Uint64N(35*36*36*36*36), 36) + "-"
	return &auditLog{reader: reader, prefix: prefix, asked: map[string]asked{}}
}

func (l *auditLog) tag() string {
	if l == nil {
		return ""
	}
	l.next++
	tag := l.prefix + strconv.FormatInt(int64(l.next), 36)
	l.reader.Watch(tag)
	l.tags = append(l.tags, tag)
	return tag
}

func (l *auditLog) expect(tag string, a asked) {
	if l != nil {
		l.asked[tag] = a
	}
}

// settle compares the records of a round.
func (d *differential) settle() {
	l := d.log
	err := l.reader.Settle(d.t.Context(), 20*time.Second)
	if err != nil {
		d.t.Fatalf("audit: %v", err)
	}
	for _, tag := range l.tags {
		f := l.reader.Find(tag)
		l.reader.Forget(tag)
		a, ok := l.asked[tag]
		want := a.a.Blockers()
		if !ok || a.a.Decision == oracle.Unknown {
			continue
		}
		if len(f.Denials) == 0 {
			if want != nil && len(f.Losses) == 0 {
				d.disagree(a.w, a.q, a.a, a.res, "no record in the log")
			}
			continue
		}
		first := f.Denials[0]
		if a.q.Syscall == "proc_environ" && a.a.Decision == oracle.Allow {
			continue // CAP_PERFMON opened what Landlock had denied
		}
		if want == nil || !slices.Equal(first.Blockers, want) || first.Layer != a.a.Record.Layer {
			d.disagree(a.w, a.q, a.a, a.res, "the log says layer "+strconv.Itoa(first.Layer)+", blockers "+strings.Join(first.Blockers, ","))
		}
		l.records++
	}
	l.tags, l.asked = nil, map[string]asked{}
}
