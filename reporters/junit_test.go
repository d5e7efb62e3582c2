package reporters_test

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/specs"
	"github.com/rtgen/rtgen/reporters"
)

type junit struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Suites   []struct {
		Name       string `xml:"name,attr"`
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"properties>property"`
		Cases []struct {
			Name    string `xml:"name,attr"`
			Class   string `xml:"classname,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func runJUnit(t *testing.T, c *harness.Compiled) (junit, *harness.Run) {
	t.Helper()
	params := harness.Params{Out: t.TempDir(), Channel: harness.ChannelSpec{Name: harness.ChannelClean}}
	run, err := harness.Start(c, params)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "junit.xml")
	if _, err := specs.RunInProcess(run, params, io.Discard, &reporters.Bundle{}, &reporters.JUnit{Path: file}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc junit
	if err := xml.Unmarshal(data, &doc); err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return doc, run
}

// One case per spec, under a name of its own that stays the same from run to
// run, and the way to the run's bundle.
func TestJUnit(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("probes need Linux")
	}
	c, err := harness.CompilePlan(harness.Source{}, "../plans/agent-workspace/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, n := range c.Specs() {
		want += n
	}
	var before map[string]bool
	for range 2 {
		doc, run := runJUnit(t, c)
		if doc.Tests != want || doc.Failures != 0 || len(doc.Suites) != 1 || len(doc.Suites[0].Cases) != want {
			t.Fatalf("%d tests, %d failures, %d suites; want %d tests", doc.Tests, doc.Failures, len(doc.Suites), want)
		}
		suite := doc.Suites[0]
		names := map[string]bool{}
		for _, c := range suite.Cases {
			if names[c.Name] {
				t.Errorf("two cases are called %q", c.Name)
			}
			names[c.Name] = true
			if c.Failure != nil {
				t.Errorf("%s failed: %s", c.Name, c.Failure.Message)
			}
		}
		if before != nil {
			if diff := cmp.Diff(before, names); diff != "" {
				t.Errorf("names differ from run to run (-first +second):\n%s", diff)
			}
		}
		before = names
		properties := map[string]string{}
		for _, p := range suite.Properties {
			properties[p.Name] = p.Value
		}
		if properties["rtgen.run_id"] != run.ID() || properties["rtgen.world_id"] != run.Ticket().WorldID || properties["rtgen.run_dir"] != run.Dir() {
			t.Errorf("properties %v, the run is %s in %s", properties, run.ID(), run.Dir())
		}
		if b, err := harness.LoadBundle(properties["rtgen.run_dir"]); err != nil || b.RunID() != properties["rtgen.run_id"] {
			t.Errorf("the properties lead to no bundle: %v", err)
		}
	}
}

// A failure says in one line where the probe stands and what was seen, and a
// blocked spec is a skip.
func TestJUnitFailure(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("probes need Linux")
	}
	lacks := "uid!=0"
	if os.Geteuid() != 0 {
		lacks = "uid==0"
	}
	c, err := harness.CompilePlan(harness.Source{}, harnesstest.PlanFile(t, harnesstest.Plan{
		Lanes: map[string]bool{"baseline": false, "oracle": false},
		Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
			{Name: "wrong", Operation: "fs.read_file", Target: "/dev/null", Expected: "allow"},
			{Name: "blocked", Operation: "fs.read_file", Target: "/dev/null", Capabilities: []string{lacks}},
		}}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := runJUnit(t, c)
	if len(doc.Suites) != 1 || len(doc.Suites[0].Cases) != 2 || doc.Failures != 1 {
		t.Fatalf("%+v", doc)
	}
	for _, c := range doc.Suites[0].Cases {
		switch {
		case strings.Contains(c.Name, "p1:wrong"):
			if c.Failure == nil || !strings.HasPrefix(c.Failure.Message, "registry/probes.json:3: p1:wrong: expected allow, observed deny: openat(") || strings.Contains(c.Failure.Message, "\n") {
				t.Errorf("%s: %+v", c.Name, c.Failure)
			}
		case strings.Contains(c.Name, "p1:blocked"):
			if c.Skipped == nil || c.Failure != nil {
				t.Errorf("%s is no skip", c.Name)
			}
		default:
			t.Errorf("case %q", c.Name)
		}
	}
}

func TestJUnitCannotBeWritten(t *testing.T) {
	run := startRun(t, small(t))
	file := filepath.Join(t.TempDir(), "none", "junit.xml")
	err := (&reporters.JUnit{Path: file}).Report(run, report(t, observed(small(t))))
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("Report = %v", err)
	}
}
