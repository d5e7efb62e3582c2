//go:build !darwin && seatbelt_fake

package seatbelt

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// A process of its own looks, and is gone when nobody asks it any more.
func TestWatch(t *testing.T) {
	req := Request{Operation: "darwin-notification-post", Target: "org.rtgen.example"}
	w, err := StartWatch(req)
	if err != nil {
		t.Fatal(err)
	}
	process := w.cmd
	if seen, err := w.Seen(time.Second); !seen || err != nil {
		t.Errorf("Seen = %t, %v, want true", seen, err)
	}
	if process.ProcessState == nil || !process.ProcessState.Success() {
		t.Errorf("the process that looked: %v", process.ProcessState)
	}
	if _, err := w.Seen(time.Second); err == nil {
		t.Error("a closed watch saw something")
	}

	w, err = StartWatch(req)
	if err != nil {
		t.Fatal(err)
	}
	process = w.cmd
	w.Close()
	w.Close()
	if process.ProcessState == nil || !process.ProcessState.Success() {
		t.Errorf("the process that nobody asked: %v", process.ProcessState)
	}
}

// Every row has a stand-in, which says what it is.
func TestStandIns(t *testing.T) {
	for k := range ipcPreparers {
		target := "org.rtgen.example"
		trial := Prepare(Request{Operation: k.op, Target: target, Driver: k.driver, Syscall: k.syscall})
		res := trial.Attempt(nil)
		o, _ := Lookup(k.op)
		if Watching(o) {
			if decision, kind := Classify(res); kind != op.KindReturn {
				t.Errorf("%s: decided %q %q before anybody looked", k.op, decision, kind)
			}
			Settle(&res, true, nil)
		}
		if decision, kind := Classify(res); decision != op.Allow {
			t.Errorf("%s by %s: %q %q: %+v", k.op, k.syscall, decision, kind, res)
		}
		if k.syscall != "shm_open" && !strings.Contains(string(res.Details), `"stand_in":true`) {
			t.Errorf("%s by %s: details %s", k.op, k.syscall, res.Details)
		}
	}
}

func TestSharedMemory(t *testing.T) {
	if err := os.WriteFile("/dev/shm/rtgen.test", nil, 0o600); err != nil {
		t.Skipf("no /dev/shm to work in: %v", err)
	}
	res := Prepare(Request{Operation: "ipc-posix-shm-write-create", Target: "rtgen.test"}).Attempt(nil)
	if decision, _ := Classify(res); decision != op.Allow {
		t.Errorf("decided %q: %+v", decision, res)
	}
	if _, err := os.Stat("/dev/shm/rtgen.test"); !os.IsNotExist(err) {
		t.Errorf("the object is still there: %v", err)
	}
	res = Prepare(Request{Operation: "ipc-posix-shm-write-create", Target: "../tmp/rtgen.test"}).Attempt(nil)
	if decision, kind := Classify(res); decision != "" || kind == "" {
		t.Errorf("an object outside: %q %q: %+v", decision, kind, res)
	}
}
