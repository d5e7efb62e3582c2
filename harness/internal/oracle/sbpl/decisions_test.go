package sbpl_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

var update = flag.Bool("update", false, "write the golden files")

// observed is the table of decisions of a real host.
type observed struct {
	WorldID   string            `json:"world_id"`
	Symlinks  map[string]string `json:"symlinks"`
	Firmlinks map[string]string `json:"firmlinks"`
	Profiles  map[string]string `json:"profiles"`
	Rows      []struct {
		Profile    string        `json:"profile"`
		ID         string        `json:"id"`
		Operation  string        `json:"operation"`
		Target     string        `json:"target"`
		Syscall    string        `json:"syscall"`
		Decision   sbpl.Decision `json:"decision"`
		Resolved   string        `json:"resolved_path"`
		FilterName string        `json:"filter_name"`
		KernelDeny []struct {
			Op   string `json:"op"`
			Path string `json:"path"`
		} `json:"kernel_deny"`
	} `json:"rows"`
}

func readObserved(t testing.TB) observed {
	t.Helper()
	b, err := os.ReadFile("testdata/sonoma-decisions.json")
	if err != nil {
		t.Fatal(err)
	}
	var o observed
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func compile(t testing.TB, text string) *sbpl.Profile {
	t.Helper()
	p, faults := sbpl.Compile(sbpl.Source{File: "test.sb", Text: text})
	if len(faults) > 0 {
		t.Fatalf("%.200s: %v", text, faults)
	}
	return p
}

// TestDecisions holds the model against what a real host decided, and names the
// rule for which the model decides so.
func TestDecisions(t *testing.T) {
	o := readObserved(t)
	w, err := sbpl.FindWorld(o.WorldID)
	if err != nil {
		t.Fatal(err)
	}
	// What is on record of the host by its id is what the table says it has.
	again, err := w.With(o.Symlinks)
	if err != nil {
		t.Fatal(err)
	}
	var golden strings.Builder
	for _, row := range o.Rows {
		q := sbpl.Question{
			Operation: row.Operation, Target: row.Target, Syscall: row.Syscall,
			FilterName: row.FilterName, World: w,
		}
		p := compile(t, o.Profiles[row.Profile])
		a := p.Ask(q)
		if a.Decision != row.Decision {
			t.Errorf("%s: %s, observed %s: %s", row.ID, a.Decision, row.Decision, a.Reason)
		}
		want := row.Resolved
		if want == "" {
			want = row.Target
		}
		if a.Resolved != want {
			t.Errorf("%s: resolved to %s, observed %s", row.ID, a.Resolved, want)
		}
		fmt.Fprintf(&golden, "%s: %s", row.ID, a.Decision)
		if r := a.Rule; r != nil {
			fmt.Fprintf(&golden, " by line %d %s", r.Line, r.Text)
		}
		if len(a.Missing) > 0 {
			fmt.Fprintf(&golden, ", denied %s of %s", a.Missing[0].Operation, a.Missing[0].Target)
		}
		golden.WriteByte('\n')
		for _, line := range row.KernelDeny {
			if len(a.Missing) == 0 || a.Missing[0].Operation != line.Op || a.Missing[0].Target != line.Path {
				t.Errorf("%s: the kernel denied %s of %s, the model %+v", row.ID, line.Op, line.Path, a.Missing)
			}
		}
		q.World = again
		if b := p.Ask(q); b.Decision != a.Decision || b.Reason != a.Reason {
			t.Errorf("%s: with the links of the table: %s", row.ID, b.Reason)
		}
	}
	compareGolden(t, "testdata/decisions.golden", golden.String())
}

func compareGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Fatalf("%s:%d differs; run with -update and look at the change", file, i+1)
		}
	}
}
