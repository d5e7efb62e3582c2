package main

import (
	"os/exec"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// auditEnabled asks the kernel whether audit is on.
func auditEnabled() string {
	out, err := exec.Command("rtgen", "status", "--json").Output()
	if err != nil {
		return err.Error()
	}
	return query(out, "witness.audit.enabled")
}

// becomes waits until audit is on ("1") or off ("0"). Other tests turn it on for
// a while, so a look at any one moment says little about being off.
func becomes(want string, within time.Duration) bool {
	for deadline := time.Now().Add(within); auditEnabled() != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// audit waits until the kernel's audit subsystem is on or off: audit on|off.
func audit(ts *testscript.TestScript, neg bool, args []string) {
	want := map[string]string{"on": "1", "off": "0"}
	if neg || len(args) != 1 || want[args[0]] == "" {
		ts.Fatalf("usage: audit on|off")
	}
	if !becomes(want[args[0]], patience) {
		ts.Fatalf("audit is not %s after %v", args[0], patience)
	}
}

// auditOff says that nobody but tests turns audit on here.
var auditOff = sync.OnceValue(func() bool { return becomes("0", patience) })
