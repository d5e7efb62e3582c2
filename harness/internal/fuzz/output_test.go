package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseList(t *testing.T) {
	const out = `{"Action":"start","Package":"m/a"}
{"Action":"output","Package":"m/a","Output":"FuzzOne\n"}
{"Action":"output","Package":"m/b","Output":"FuzzTwo\n"}
{"Action":"output","Package":"m/a","Output":"FuzzÜber_2\n"}
{"Action":"output","Package":"m/a","Output":"Fuzzing is said here\n"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.003s\n"}
{"Action":"pass","Package":"m/a","Elapsed":0.01}
{"ImportPath":"m/c","Action":"build-output","Output":"c.go:1:1: expected 'package'\n"}
`
	tests, faults, err := parseList([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	want := []test{{"m/a", "FuzzOne"}, {"m/b", "FuzzTwo"}, {"m/a", "FuzzÜber_2"}}
	if diff := cmp.Diff(want, tests, cmp.AllowUnexported(test{})); diff != "" {
		t.Errorf("tests (-want +got):\n%s", diff)
	}
	if !strings.Contains(faults, "expected 'package'") {
		t.Errorf("faults %q do not say what does not build", faults)
	}
	if _, _, err := parseList([]byte("FuzzOne\n")); err == nil {
		t.Error("text that is no JSON passed as a list")
	}
}

const passed = `fuzz: elapsed: 0s, gathering baseline coverage: 0/24 completed
fuzz: elapsed: 0s, gathering baseline coverage: 24/24 completed, now fuzzing with 2 workers
fuzz: elapsed: 1m3s, execs: 100 (33/sec), new interesting: 1 (total: 25)
fuzz: elapsed: 1m6s, execs: 250 (50/sec), new interesting: 7 (total: 31)
PASS
ok  	m/a	3.2s
`

const failed = `fuzz: elapsed: 0s, execs: 9 (40/sec), new interesting: 0 (total: 24)
--- FAIL: FuzzOne (0.02s)
    --- FAIL: FuzzOne (0.00s)
        one_test.go:9: no good

    Failing input written to testdata/fuzz/FuzzOne/771e938e4458e983
    To re-run:
    go test -run=FuzzOne/771e938e4458e983
FAIL
`

func TestParseRun(t *testing.T) {
	for _, tt := range []struct {
		name, out   string
		execs, news int
		input       string
	}{
		{"passed", passed, 250, 7, ""},
		{"failed", failed, 9, 0, "testdata/fuzz/FuzzOne/771e938e4458e983"},
		{"seed", "--- FAIL: FuzzOne (0.00s)\n    --- FAIL: FuzzOne/seed#3 (0.00s)\n", 0, 0, ""},
		{"nothing", "", 0, 0, ""},
	} {
		r := parseRun(tt.out)
		if r.execs != tt.execs || r.interesting != tt.news || r.input != tt.input {
			t.Errorf("%s: %d executions, %d new, input %q, want %d, %d, %q", tt.name, r.execs, r.interesting, r.input, tt.execs, tt.news, tt.input)
		}
	}
}

const late = `fuzz: elapsed: 8s, execs: 33866 (3870/sec), new interesting: 10 (total: 138)
--- FAIL: FuzzOne (8.08s)
    context deadline exceeded
FAIL
exit status 1
`

// A test that was stopped at the end of its time has not failed; one with an
// input, or with a word of its own, has.
func TestCutOff(t *testing.T) {
	for out, want := range map[string]bool{
		late: true, passed: false, failed: false,
		strings.Replace(late, "    context", "    one_test.go:9: context", 1): false,
		strings.Replace(late, "exceeded\n", "exceeded\n    and no good\n", 1): false,
		late + "    Failing input written to testdata/fuzz/FuzzOne/7\n":       false,
	} {
		if got := parseRun(out).cutOff(); got != want {
			t.Errorf("cut off %v, want %v:\n%s", got, want, out)
		}
	}
}

func TestTable(t *testing.T) {
	var out strings.Builder
	tab := table{w: &out}
	good, bad := parseRun(passed), parseRun(failed)
	good.test, good.took = test{"github.com/rtgen/rtgen/harness/a", "FuzzTwo"}, 66*time.Second
	bad.test, bad.took, bad.err = test{"github.com/rtgen/rtgen/harness/abc", "FuzzOne"}, 3*time.Second, errors.New("exit status 1")
	tab.fit(good.test)
	tab.fit(bad.test)
	tab.head()
	tab.add(good)
	if err := tab.end(); err != nil {
		t.Errorf("nothing failed, and the end is %v", err)
	}
	out.Reset()
	tab.add(bad)
	err := tab.end()
	const file = "harness/abc/testdata/fuzz/FuzzOne/771e938e4458e983"
	if err == nil || !strings.Contains(err.Error(), "1 of 2 tests failed") || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v, want one that counts and names %s", err, file)
	}
	const want = `harness/abc  FuzzOne     0.05           9      0  FAIL
total        2 tests     1.15         259      7  1 failed
`
	if got := out.String(); !strings.HasPrefix(got, want) || !strings.Contains(got, "no good") {
		t.Errorf("printed\n%s\nwant at first\n%s", got, want)
	}
}
