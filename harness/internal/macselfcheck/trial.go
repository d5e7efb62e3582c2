//go:build darwin || seatbelt_fake

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// trial is one attempt by a probe's process, and what is to come of it.
type trial struct {
	rules   string // SBPL behind the version; empty: no policy
	attempt attempt.Request
	ask     *seatbelt.Question // put to the policy before the attempt
	want    string             // as described says it: "allow", "deny", "ENOENT", …
	// control is a trial that only shows that the others could show something.
	control bool
}

// trialLimit is how long a probe's process may take. A look for the effect of a
// call that reports none takes some of it.
const trialLimit = 8 * time.Second

// open is the plainest of attempts.
func open(path string) attempt.Request {
	return attempt.Request{Operation: "file-read*", Target: path}
}

// trials makes them all, in order, by one worker.
func trials(list ...trial) (saw string, err error) {
	w, err := newWorker()
	if err != nil {
		return "", err
	}
	defer w.Close()
	var seen []string
	for _, t := range list {
		ans, err := t.make(w)
		if err != nil {
			return "", err
		}
		got := described(ans)
		line := fmt.Sprintf("%s: %s", t, got)
		if got != t.want {
			line += fmt.Sprintf(", wanted %s", t.want)
			if t.control {
				return "", unchecked("%s", line)
			}
			return "", fmt.Errorf("%s", strings.Join(append(seen, line), "; "))
		}
		seen = append(seen, line)
	}
	return strings.Join(seen, "; "), nil
}

func (t trial) String() string {
	a := t.attempt
	what := cmp.Or(a.Syscall, a.Driver, a.Operation)
	if a.Target != "" {
		what += " " + a.Target
	}
	if t.rules != "" {
		what += " under " + t.rules
	}
	return what
}

// newWorker starts a worker that inherits what this process has.
func newWorker() (*worker.Worker, error) {
	w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.Direct}), func(h worker.Hello) error {
		if h.Seatbelt != nil && h.Seatbelt.Confined {
			return fmt.Errorf("this process is under a policy already: run it where nothing confines it")
		}
		return nil
	})
	if err := w.Start(); err != nil {
		return nil, unchecked("%v", err)
	}
	return w, nil
}

// make has a probe's process make the attempt. Without the policy in force, or
// without an answer to the question, there is nothing to see.
func (t trial) make(w *worker.Worker) (worker.Answer, error) {
	own := worker.OwnProcess{Attempt: t.attempt, Limit: trialLimit}
	if t.rules != "" {
		own.Policy = policy(t.rules)
	}
	if t.ask != nil {
		own.Ask = []seatbelt.Question{*t.ask}
	}
	return ownProcess(w, own)
}

func policy(rules string) *seatbelt.Policy {
	return &seatbelt.Policy{Path: "selfcheck.sb", Text: "(version 1)\n" + rules + "\n"}
}

func ownProcess(w *worker.Worker, own worker.OwnProcess) (worker.Answer, error) {
	ans, err := w.Do(context.Background(), worker.Request{Own: &own}, own.Limit+5*time.Second)
	switch {
	case err != nil:
		return ans, unchecked("%v", err)
	case ans.Apply != nil && ans.Apply.Err != "":
		return ans, unchecked("%s was not applied: %s", own.Policy.Text, ans.Apply.Err)
	}
	return ans, nil
}

// described says in a word what came of an attempt: "allow" or "deny", the name or
// the number that decided nothing, or a line of why there is none.
func described(ans worker.Answer) string {
	switch {
	case ans.Lost != nil:
		return "lost: " + ans.Lost.Epitaph
	case ans.Err != "":
		return "error: " + ans.Err
	case ans.Bootstrap != nil && ans.Bootstrap.Errno != 0:
		return "bootstrap: " + errnoName(ans.Bootstrap.Errno)
	case ans.Result == nil:
		return "nothing"
	}
	r := *ans.Result
	switch decision, _ := attempt.Classify(r); {
	case decision != "":
		return decision
	case r.Err != "":
		return "error: " + r.Err
	case r.Return != nil && r.Return.Undecided != "":
		return "undecided: " + r.Return.Undecided
	case r.Return != nil:
		return cmp.Or(r.Return.Name, fmt.Sprintf("%s %#x", r.Return.Kind, r.Return.Value))
	}
	return errnoName(r.Errno)
}

// allow and deny are what a policy decides.
const (
	allow = op.Allow
	deny  = op.Deny
)

func errnoName(n int) string {
	return cmp.Or(contract.ErrnoName(contract.Darwin, n), fmt.Sprintf("errno %d", n))
}

// rule is SBPL by a format with texts in it.
func rule(format string, texts ...string) string {
	quoted := make([]any, len(texts))
	for i, text := range texts {
		quoted[i] = fmt.Sprintf("%q", text) // of a path of ours, which needs no escapes
	}
	return fmt.Sprintf(format, quoted...)
}

// folder makes a folder below base, which is where links do not lead away from.
func folder(base string) (dir string, remove func(), err error) {
	base, err = filepath.EvalSymlinks(base)
	if err == nil {
		dir, err = os.MkdirTemp(base, "rtgen-selfcheck-")
	}
	if err != nil {
		return "", nil, unchecked("%v", err)
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// file makes a file in a folder of its own below base.
func file(base string) (path string, remove func(), err error) {
	dir, remove, err := folder(base)
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "x")
	if err := os.WriteFile(path, []byte("selfcheck\n"), 0o644); err != nil {
		remove()
		return "", nil, unchecked("%v", err)
	}
	return path, remove, nil
}

// privateTemp is where /tmp leads on macOS.
const privateTemp = "/private/tmp"
