package op_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Every variant, with and without a policy, attempted and given up, leaves no
// descriptor, no thread and no child behind, and the process's other threads
// where they were.
func TestNothingIsLeftBehind(t *testing.T) {
	abi, err := landlock.ABI()
	if err != nil {
		abi = 0
	}
	root := shortDir(t)
	round := func(t *testing.T) {
		for _, p := range proofs() {
			if p.capability != 0 && !capable(t, p.capability) {
				continue
			}
			for _, how := range []string{"attempt", "attempt under a policy", "close"} {
				site, err := fixture.Make(root, nextSeq(), p.spec)
				if err != nil && p.host != "" {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				target, err := site.Expand(p.target)
				if err != nil {
					t.Fatal(err)
				}
				req := op.Request{Op: p.op, Syscall: p.variant, Target: target, Source: site.Source}
				switch {
				case how == "close":
					landlock.Throwaway(func() {
						trial := op.Prepare(req, nil)
						trial.Close()
						trial.Close()
					})
				case how == "attempt":
					attemptUnder(t, nil, req)
				case abi > 0:
					attemptUnder(t, p.layers(abi, site, nil, -1), req)
				}
				if err := site.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	round(t) // the runtime opens and starts what it will keep
	where := places(t)
	fds, children := descriptors(t), childCount(t)
	round(t)
	eventually(t, "descriptors", func() string {
		var more []string
		for _, fd := range descriptors(t) {
			if !slices.Contains(fds, fd) {
				more = append(more, fd)
			}
		}
		return strings.Join(more, ", ")
	})
	eventually(t, "children", func() string {
		if n := childCount(t); n > children {
			return fmt.Sprintf("%d, there were %d", n, children)
		}
		return ""
	})
	// A thread may still be on its way out.
	eventually(t, "threads elsewhere", func() string {
		for place := range places(t) {
			if !where[place] {
				return place
			}
		}
		return ""
	})
	eventually(t, "threads", func() string {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		// The runtime's own are a handful, whatever the number of attempts.
		if len(tasks) > 40 {
			return fmt.Sprint(len(tasks))
		}
		return ""
	})
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), root) {
		t.Errorf("mounts are left:\n%s", mounts)
	}
}

// eventually waits for faults to be gone: what ends does so in its own time.
func eventually(t *testing.T, what string, fault func() string) {
	t.Helper()
	text := ""
	for range 1000 {
		if text = fault(); text == "" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s are left: %s", what, text)
}

// descriptors lists what is open, but for the listing itself.
func descriptors(t *testing.T) (list []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil {
			list = append(list, filepath.Base(l)+" -> "+to)
		}
	}
	return list
}

// places is the set of working directories, roots and namespaces that this
// process's threads have.
func places(t *testing.T) map[string]bool {
	t.Helper()
	set := map[string]bool{}
	for _, what := range []string{"cwd", "root", "ns/mnt", "ns/user", "ns/pid_for_children"} {
		links, err := filepath.Glob("/proc/self/task/*/" + what)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if to, err := os.Readlink(l); err == nil {
				set[what+" "+to] = true
			}
		}
	}
	return set
}
