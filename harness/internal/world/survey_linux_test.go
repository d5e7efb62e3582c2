//go:build !seatbelt_fake

package world_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/world"
)

func TestSurvey(t *testing.T) {
	f, err := world.Survey()
	if err != nil {
		t.Fatal(err)
	}
	again, err := world.Survey()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(f, again); d != "" || f.ID() != again.ID() {
		t.Errorf("two surveys differ: %s and %s\n%s", f.ID(), again.ID(), d)
	}
	if f.UID != os.Geteuid() || f.GID != os.Getegid() {
		t.Errorf("uid %d gid %d, want %d and %d", f.UID, f.GID, os.Geteuid(), os.Getegid())
	}
	abi, err := landlock.ABI()
	if f.LandlockABI != abi || (err == nil) != (f.LandlockReason == "") {
		t.Errorf("landlock %d, reason %q, want %d (%v)", f.LandlockABI, f.LandlockReason, abi, err)
	}
	for _, kind := range []string{"mnt", "net", "pid"} {
		if f.Namespaces[kind] == 0 {
			t.Errorf("no %s namespace in %v", kind, f.Namespaces)
		}
	}
	if out, err := exec.Command("uname", "-s", "-r", "-m").Output(); err != nil {
		t.Logf("no uname to compare with: %v", err)
	} else if got := "Linux " + f.KernelRelease + " " + f.Arch; got != strings.TrimSpace(string(out)) {
		t.Errorf("kernel %q, uname says %q", got, strings.TrimSpace(string(out)))
	}
}

// A survey speaks of the thread it runs on: under a policy, no_new_privs is a
// fact of that thread alone.
func TestSurveyIsOfTheCallingThread(t *testing.T) {
	if _, err := landlock.ABI(); err != nil {
		t.Skipf("needs landlock: %v", err)
	}
	before, err := world.Survey()
	if err != nil {
		t.Fatal(err)
	}
	if before.NoNewPrivs {
		t.Skip("no_new_privs is set for the whole process")
	}
	var there world.Facts
	var applyErr error
	landlock.Throwaway(func() {
		if _, applyErr = landlock.Apply([]landlock.Ruleset{{HandledFS: landlock.MakeSym}}); applyErr == nil {
			there, err = world.Survey()
		}
	})
	if applyErr != nil || err != nil {
		t.Fatal(applyErr, err)
	}
	if !there.NoNewPrivs || there.ID() == before.ID() {
		t.Errorf("under a policy: no_new_privs %v, id %s, want true and not %s", there.NoNewPrivs, there.ID(), before.ID())
	}
	if after, err := world.Survey(); err != nil || after.ID() != before.ID() {
		t.Errorf("id afterwards %s (%v), want %s", after.ID(), err, before.ID())
	}
}
