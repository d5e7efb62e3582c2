//go:build darwin || seatbelt_fake

package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// Policies are for good: what a check puts on itself ends with its process.
var engineChecks = map[string]check{
	"unconfined":     checkUnconfined,
	"confined":       checkConfined,
	"bad-text":       checkBadText,
	"apply-twice":    checkApplyTwice,
	"canary":         checkCanary,
	"deny-default":   checkDenyDefault,
	"parameters":     checkParameters,
	"blob":           checkBlob,
	"later-wins":     checkLaterWins,
	"send-signal":    checkSendSignal,
	"message-filter": checkMessageFilter,
	"shim":           checkShim,
	"shim-runtime":   checkShimRuntime,
	"exec-keeps":     checkExecKeeps,
}

const harmless = "(allow default)"

func checkUnconfined() (string, error) {
	confined, err := seatbelt.Confined()
	switch {
	case err != nil:
		return "", err
	case confined:
		return "", fmt.Errorf("sandbox_check gives 1: start this from a program that no sandbox confines, or the answer is wrong")
	}
	return "sandbox_check gives 0", nil
}

// put applies a policy to this process, where that is not what is checked.
func put(p *seatbelt.Policy) error {
	if _, err := checkUnconfined(); err != nil {
		return unchecked("%v", err)
	}
	if r := seatbelt.Apply(p); r.RC != 0 {
		return unchecked("%s", reported(r))
	}
	return nil
}

func reported(r seatbelt.Report) string {
	return fmt.Sprintf("%s = %d, %s, %q", r.API, r.RC, errnoName(r.Errno), r.Text)
}

func checkConfined() (string, error) {
	if err := put(policy(harmless)); err != nil {
		return "", err
	}
	confined, err := seatbelt.Confined()
	switch {
	case err != nil:
		return "", err
	case !confined:
		return "", fmt.Errorf("sandbox_check gives 0 under %s", harmless)
	}
	return "sandbox_check gives 1 under " + harmless, nil
}

func checkBadText() (string, error) {
	r := seatbelt.Apply(policy("(allow default"))
	confined, err := seatbelt.Confined()
	switch {
	case err != nil:
		return "", unchecked("%v", err)
	case r.RC != -1 || r.Text == "":
		return "", fmt.Errorf("%s", reported(r))
	case confined:
		return "", fmt.Errorf("%s, and the process is confined", reported(r))
	}
	return reported(r), nil
}

func checkApplyTwice() (string, error) {
	if err := put(policy(harmless)); err != nil {
		return "", err
	}
	r := seatbelt.Apply(policy(harmless))
	text := strings.ToLower(r.Text)
	if known := r.Errno == 1 || strings.Contains(text, "already") && strings.Contains(text, "sandbox"); r.RC == 0 || !known {
		return "", fmt.Errorf("%s", reported(r))
	}
	return reported(r), nil
}

func checkCanary() (string, error) {
	w, err := newWorker()
	if err != nil {
		return "", err
	}
	defer w.Close()
	canary := worker.Canary{Dir: os.TempDir(), Seatbelt: true, Limit: trialLimit}
	ans, err := w.Do(context.Background(), worker.Request{Canary: &canary}, 2*trialLimit)
	switch {
	case err != nil:
		return "", unchecked("%v", err)
	case ans.Err != "":
		return "", fmt.Errorf("%s", ans.Err)
	}
	return "one file opened, another was refused with EPERM", nil
}

func checkDenyDefault() (string, error) {
	here, remove, err := file(os.TempDir())
	if err != nil {
		return "", err
	}
	defer remove()
	return trials(
		trial{attempt: open(here), want: allow, control: true},
		trial{rules: "(deny default)", attempt: open(here), want: deny},
	)
}

// opensUnder puts a policy on this process and looks whether a file opens.
func opensUnder(p *seatbelt.Policy, path string) (string, error) {
	before := attempt.Prepare(open(path)).Attempt(nil)
	if before.Errno != 0 || before.Err != "" {
		return "", unchecked("open %s without a policy: %s %s", path, errnoName(before.Errno), before.Err)
	}
	if _, err := checkUnconfined(); err != nil {
		return "", unchecked("%v", err)
	}
	if r := seatbelt.Apply(p); r.RC != 0 {
		return "", fmt.Errorf("%s", reported(r))
	}
	f, err := os.Open(path)
	if err == nil {
		f.Close()
		return "", fmt.Errorf("%s took the policy, and %s still opens", p.API(), path)
	}
	return fmt.Sprintf("by %s: %v", p.API(), err), nil
}

// checkParameters also has a value that is a name, so that a list read out of step
// shows.
func checkParameters() (string, error) {
	w, err := newWorker()
	if err != nil {
		return "", err
	}
	defer w.Close()
	here, remove, err := file(os.TempDir())
	if err != nil {
		return "", err
	}
	defer remove()
	p := policy(`(allow default)(deny file-read* (literal (param "WITHHELD")))`)
	p.Parameters = map[string]string{"ANOTHER": "WITHHELD", "WITHHELD": here}
	ans, err := w.Do(context.Background(), worker.Request{Own: &worker.OwnProcess{Policy: p, Attempt: open(here), Limit: trialLimit}}, 2*trialLimit)
	switch got := described(ans); {
	case err != nil:
		return "", unchecked("%v", err)
	case ans.Apply != nil && ans.Apply.Err != "":
		return "", fmt.Errorf("%s: %s", ans.Apply.API, ans.Apply.Err)
	case got != deny:
		return "", fmt.Errorf("open of what a parameter denies: %s", got)
	}
	return "open of what a parameter denies: deny", nil
}

func checkBlob() (string, error) {
	here, remove, err := file(os.TempDir())
	if err != nil {
		return "", err
	}
	defer remove()
	text := policy(rule("(allow default)(deny file-read* (literal %s))", here)).Text
	blob, err := seatbelt.Compile(text, nil)
	if err != nil {
		return "", fmt.Errorf("sandbox_compile_string: %w", err)
	}
	saw, err := opensUnder(&seatbelt.Policy{Path: "selfcheck.bin", Blob: blob}, here)
	return fmt.Sprintf("%d bytes, %s", len(blob), saw), err
}

func checkLaterWins() (string, error) {
	here, remove, err := file(os.TempDir())
	if err != nil {
		return "", err
	}
	defer remove()
	return trials(
		trial{rules: rule("(allow default)(deny file-read* (literal %[1]s))(allow file-read* (literal %[1]s))", here), attempt: open(here), want: allow},
		trial{rules: rule("(allow default)(allow file-read* (literal %[1]s))(deny file-read* (literal %[1]s))", here), attempt: open(here), want: deny},
	)
}

func checkSendSignal() (string, error) {
	w, err := newWorker()
	if err != nil {
		return "", err
	}
	defer w.Close()
	here, remove, err := file(os.TempDir())
	if err != nil {
		return "", err
	}
	defer remove()
	t := trial{rules: rule("(allow default)(deny file-read-data (literal %s) (with send-signal SIGKILL))", here), attempt: open(here)}
	ans, err := t.make(w)
	switch {
	case err != nil:
		return "", err
	case ans.Lost == nil || !strings.Contains(ans.Lost.Epitaph, "SIGKILL"):
		return "", fmt.Errorf("%s: %s", t, described(ans))
	}
	return ans.Lost.Epitaph, nil
}

// checkMessageFilter has what the gate looks for, in the shape it has in profiles
// of the system.
func checkMessageFilter() (string, error) {
	if _, err := checkUnconfined(); err != nil {
		return "", unchecked("%v", err)
	}
	r := seatbelt.Apply(policy(`(allow default)(allow iokit-open-user-client (iokit-user-client-class "IOSurfaceRootUserClient") (apply-message-filter (deny iokit-external-method)))`))
	switch {
	case r.RC == 0:
		return "", fmt.Errorf("it was taken: %s", reported(r))
	case r.Errno != 1: // EPERM
		return "", fmt.Errorf("it was refused for another reason: %s", reported(r))
	}
	return reported(r), nil
}

// driven has a program started under the policy that looks a service up which
// nobody has.
func driven(w *worker.Worker, p *seatbelt.Policy) (worker.Answer, error) {
	look := attempt.Request{Operation: "mach-lookup", Target: "org.rtgen.selfcheck.none", Driver: "mach_probe"}
	return ownProcess(w, worker.OwnProcess{Policy: p, Attempt: look, Limit: trialLimit})
}

func checkStarts(p *seatbelt.Policy) (string, error) {
	w, err := newWorker()
	if err != nil {
		return "", err
	}
	defer w.Close()
	ans, err := driven(w, p)
	switch {
	case err != nil:
		return "", err
	case ans.Bootstrap == nil || ans.Bootstrap.Errno != 0 || ans.Lost != nil || ans.Err != "":
		return "", fmt.Errorf("%s", described(ans))
	}
	return fmt.Sprintf("%s was started and answered: %s", ans.Bootstrap.Program, described(ans)), nil
}

func checkShim() (string, error) { return checkStarts(withShim("(deny default)")) }

func checkShimRuntime() (string, error) {
	return checkStarts(withShim("(allow default)(deny sysctl-read)"))
}

func withShim(rules string) *seatbelt.Policy {
	p := policy(rules)
	p.Text = seatbelt.Prepare(seatbelt.Source{Path: p.Path, ID: "selfcheck", Text: p.Text, Shim: true}).Text
	return p
}

// checkExecKeeps rests on the program itself, which asks whether it is under a
// policy and says so if not.
func checkExecKeeps() (string, error) { return checkStarts(policy(harmless)) }
