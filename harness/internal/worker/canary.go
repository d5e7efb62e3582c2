//go:build darwin || seatbelt_fake

package worker

import (
	"fmt"
	"os"
	"path/filepath"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// canaryFiles are what a canary's process tries to open.
type canaryFiles struct{ Granted, Withheld string }

// seatbeltCanary proves that Seatbelt works here: in a process of its own, a small
// policy must let one file be opened and another not.
func (s *server) seatbeltCanary(canary *Canary, ans *Answer) {
	if ans.Err = alonable(canary.Limit); ans.Err != "" {
		return
	}
	dir, err := os.MkdirTemp(canary.Dir, "canary-")
	if err == nil {
		defer os.RemoveAll(dir)
		dir, err = filepath.EvalSymlinks(dir) // a policy is about where links lead
	}
	files := &canaryFiles{filepath.Join(dir, "granted"), filepath.Join(dir, "withheld")}
	for _, name := range []string{files.Granted, files.Withheld} {
		if err == nil {
			err = os.WriteFile(name, []byte("canary\n"), 0o600)
		}
	}
	if err != nil {
		ans.Err = "canary: " + err.Error()
		return
	}
	alone(order{Canary: files}, canary.Limit, ans, true)
	if ans.Lost != nil {
		ans.Err, ans.Lost = "canary: "+ans.Lost.Epitaph, nil
	}
}

// canary opens the files before and after it puts the policy on itself, as the
// plainest of probes would.
func (p *probeProcess) canary(files *canaryFiles) {
	var seen seatbelt.Sightings
	tries := []*struct {
		path  string
		under bool
		errno *int
		trial *attempt.Trial
	}{
		{path: files.Granted, errno: &seen.GrantedBefore},
		{path: files.Withheld, errno: &seen.WithheldBefore},
		{path: files.Granted, errno: &seen.GrantedAfter, under: true},
		{path: files.Withheld, errno: &seen.WithheldAfter, under: true},
	}
	for _, t := range tries {
		t.trial = attempt.Prepare(attempt.Request{Operation: "file-read*", Target: t.path})
		defer t.trial.Close()
	}
	var own OwnProcess
	for _, t := range tries {
		if t.under && own.Policy == nil {
			own.Policy = seatbelt.CanaryPolicy(files.Granted, files.Withheld)
			if seen.Apply = seatbelt.Apply(own.Policy); seen.Apply.RC != 0 {
				break
			}
		}
		own.Attempt = attempt.Request{Operation: "file-read*", Target: t.path}
		res := attemptUnder(&own, t.trial, nil)
		if res.Err != "" {
			p.ans.Err = fmt.Sprintf("canary: open %s: %s", t.path, res.Err)
			return
		}
		*t.errno = res.Errno
	}
	if err := seatbelt.JudgeCanary(seen); err != nil {
		p.ans.Err = err.Error()
	}
}
