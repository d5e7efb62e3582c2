package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The checks of these tests, which a process of the test binary makes as one of
// the program makes those of the program.
var testChecks = map[string]check{
	"holds":   func() (string, error) { return "what was\n seen", nil },
	"fails":   func() (string, error) { return "", errors.New("something else") },
	"missing": func() (string, error) { return "", fmt.Errorf("first: %w", unchecked("no %s", "folder")) },
	"panics":  func() (string, error) { panic("at the disco") },
	"hangs":   func() (string, error) { time.Sleep(time.Hour); return "", nil },
	"crashes": func() (string, error) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	},
	"exits": func() (string, error) {
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(7)
		return "", nil
	},
	"chatty": func() (string, error) {
		_, _ = io.Copy(os.Stdout, strings.NewReader(strings.Repeat("x", 1<<20)))
		return "through", nil
	},
	"leaves": func() (string, error) {
		return "left", os.WriteFile(filepath.Join(shared, "left"), []byte("here"), 0o600)
	},
	"finds": func() (string, error) {
		text, err := os.ReadFile(filepath.Join(shared, "left"))
		return string(text), err
	},
	"environ": func() (string, error) { return os.Getenv(envCheck) + os.Getenv(envShared), nil },
}

const envTestChecks = "RTGEN_SELFCHECK_TEST"

func TestMain(m *testing.M) {
	if id := os.Getenv(envCheck); id != "" {
		of := checks
		if os.Getenv(envTestChecks) != "" {
			of = testChecks
		}
		os.Exit(answer(of[id]))
	}
	os.Exit(m.Run())
}

// withTestChecks has processes of checks make those of the test.
func withTestChecks(t *testing.T) {
	t.Helper()
	t.Setenv(envTestChecks, "1")
	t.Setenv("GORACE", "atexit_sleep_ms=0") // each would end a second later
}

func TestAlone(t *testing.T) {
	withTestChecks(t)
	dir := t.TempDir()
	for _, tt := range []struct {
		id   string
		want verdict
		saw  string
	}{
		{"holds", holds, "what was seen"},
		{"fails", fails, "something else"},
		{"missing", notChecked, "first: could not be checked: no folder"},
		{"panics", notChecked, "could not be checked: panic: at the disco"},
		{"hangs", fails, "the check gave no answer within 300ms and was ended"},
		{"crashes", fails, "the check ended without an answer: signal: killed:"},
		{"exits", fails, "the check ended without an answer: exit status 7: last words"},
		{"nobody", notChecked, "could not be checked: this build has no check of it"},
		{"chatty", holds, "through"},
		{"leaves", holds, "left"},
		{"finds", holds, "here"},
		{"environ", holds, ""},
	} {
		t.Run(tt.id, func(t *testing.T) {
			limit := time.Minute
			if tt.id == "hangs" {
				limit = 300 * time.Millisecond
			}
			if o := alone(assumption{ID: tt.id}, dir, limit); o.Verdict != tt.want || o.Saw != tt.saw {
				t.Errorf("%s, %q, want %s, %q", o.Verdict, o.Saw, tt.want, tt.saw)
			}
		})
	}
}

// What one check comes to keeps no other from being made, and the report has all
// of them.
func TestSurvey(t *testing.T) {
	withTestChecks(t)
	list := group("of the test",
		assumption{ID: "panics", Claim: "it is quiet", Source: "nobody"},
		assumption{ID: "fails", Claim: "it works", Source: "a hope"},
		assumption{ID: "holds", Claim: "it is there", Source: "somebody"},
	)
	var told bytes.Buffer
	rep, err := survey(list, func(f finding) { fmt.Fprintln(&told, f.line()) })
	if err != nil {
		t.Fatal(err)
	}
	if rep.Holding != 1 || rep.Failed != 1 || rep.NotChecked != 1 || len(rep.Findings) != 3 || rep.Go == "" || rep.Arch == "" || rep.Version == "" || rep.World == "" {
		t.Errorf("report %+v", rep)
	}
	const lines = "NOT CHECKED panics               could not be checked: panic: at the disco\n" +
		"FAIL        fails                something else\n" +
		"ok          holds                what was seen\n"
	if told.String() != lines {
		t.Errorf("told\n%s", &told)
	}
	var out bytes.Buffer
	rep.print(&out)
	for _, want := range []string{
		"1 of 3 assumptions hold, 1 fail, 1 could not be checked.", "To report back", rep.World, rep.Version, rep.Go, rep.Arch,
		"  fails: assumed that it works (a hope); something else\n", "-json",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "it is there") {
		t.Errorf("the report repeats what holds:\n%s", &out)
	}
	text, err := json.Marshal(rep)
	if err != nil || !bytes.Contains(text, []byte(`"id":"fails","group":"of the test","claim":"it works","source":"a hope","verdict":"fails","saw":"something else"`)) {
		t.Errorf("%v, %s", err, text)
	}
}
