package sarif_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	oasis "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/reporters/sarif"
)

var update = flag.Bool("update", false, "write testdata/sarif.golden.json anew")

var sarifCodes = []harness.LintCode{
	{Code: "unknown-probe", Level: harness.LevelError, About: "both", Summary: "a profile refers to a probe that the registry does not have"},
	{Code: "unused-probe", Level: harness.LevelWarning, About: "registry", Summary: "no profile refers to the probe"},
	{Code: "plan-load", Level: harness.LevelError, About: "plan", Summary: "the plan does not load"},
}

var sarifFindings = []harness.Finding{
	{Code: "unknown-probe", Level: harness.LevelError, File: "plans/a b/registry/profiles.json", Line: 12, ID: `profile "a"`, Operand: "r:a:x", Message: `unknown probe "x"; correct the id or add the probe`},
	{Code: "unknown-probe", Level: harness.LevelError, File: "plans/a b/registry/profiles.json", Line: 13, ID: `profile "a"`, Operand: "r:a:x", Message: `unknown probe "x"; correct the id or add the probe`},
	{Code: "unused-probe", Level: harness.LevelWarning, File: "plans/é/100%#?.json", Line: 3, ID: `probe "<é>&"`, Message: `no profile refers to it; add it to probe_refs, or remove it: ${home}, [x]`},
	{Code: "plan-load", Level: harness.LevelError, File: "/elsewhere/plan.json", Message: "empty; want a JSON object"},
	{Code: "plan-load", Level: harness.LevelError, File: "builtin:plans/a b/plan.json", Line: 1, Message: "too large"},
	{Code: "plan-load", Level: harness.LevelError, File: "a:b/plan.json", Line: 1, Message: "too large"},
	{Code: "LL001", Level: harness.LevelNote, File: "p.json", Line: 7, Message: "of a code that nobody listed"},
	{Code: "plan-load", Level: harness.LevelError, Message: "about no file"},
}

func sarifOf(t *testing.T, findings []harness.Finding, codes []harness.LintCode) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sarif.Write(&b, findings, codes, "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// proveSARIF holds a log against the schema that OASIS publishes, which the
// library carries.
func proveSARIF(t *testing.T, log []byte) *oasis.Report {
	t.Helper()
	report, err := oasis.FromBytes(log, oasis.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Validate(); err != nil {
		t.Errorf("against the schema of SARIF 2.1.0: %v", err)
	}
	// The library validates what it has read, so that must be all there is.
	again, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var one, two any
	if err := errors.Join(json.Unmarshal(log, &one), json.Unmarshal(again, &two)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("what the library read of the log (-log +read):\n%s", diff)
	}
	return report
}

func TestWriteSARIF(t *testing.T) {
	got := sarifOf(t, sarifFindings, sarifCodes)
	const golden = "testdata/sarif.golden.json"
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(golden, got, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("SARIF (-want +got), -update writes it anew:\n%s", diff)
	}
	if again := sarifOf(t, sarifFindings, sarifCodes); !bytes.Equal(got, again) {
		t.Error("the same findings give other bytes")
	}
	report := proveSARIF(t, got)
	run := report.Runs[0]
	if len(run.Results) != len(sarifFindings) {
		t.Fatalf("%d results, want %d", len(run.Results), len(sarifFindings))
	}
	for i, result := range run.Results {
		if rule := run.Tool.Driver.Rules[result.RuleIndex]; *rule.ID != *result.RuleID || *rule.ID != sarifFindings[i].Code {
			t.Errorf("result %d: rule %s at index %d is %s", i, *result.RuleID, result.RuleIndex, *rule.ID)
		}
	}
	// What a host resolves the URIs to.
	for i, want := range []string{
		"file:///root/plans/a b/registry/profiles.json", "file:///root/plans/a b/registry/profiles.json", "file:///root/plans/é/100%#?.json",
		"file:///elsewhere/plan.json", "builtin:plans/a b/plan.json", "file:///root/a:b/plan.json", "file:///root/p.json",
	} {
		artifact := run.Results[i].Locations[0].PhysicalLocation.ArtifactLocation
		for _, c := range *artifact.URI {
			if c <= ' ' || c > '~' {
				t.Errorf("result %d: URI %q is not all of ASCII", i, *artifact.URI)
			}
		}
		u, err := url.Parse(*artifact.URI)
		if err != nil {
			t.Fatal(err)
		}
		if artifact.URIBaseID != nil {
			u = (&url.URL{Scheme: "file", Path: "/root/"}).ResolveReference(u)
		}
		got := u.Scheme + "://" + u.Path
		if u.Opaque != "" {
			path, err := url.PathUnescape(u.Opaque)
			if err != nil {
				t.Fatal(err)
			}
			got = u.Scheme + ":" + path
		}
		if got != want || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("result %d: URI %q is %q, want %q", i, *artifact.URI, got, want)
		}
	}
}

// A fingerprint stays when lines move and messages change, and is another for
// every finding.
func TestSARIFFingerprints(t *testing.T) {
	fingerprints := func(findings []harness.Finding) []string {
		var list []string
		for _, r := range proveSARIF(t, sarifOf(t, findings, sarifCodes)).Runs[0].Results {
			if r.PartialFingerprints["rtgenFinding/v1"] != r.PartialFingerprints["primaryLocationLineHash"] {
				t.Errorf("fingerprints %v differ", r.PartialFingerprints)
			}
			list = append(list, r.PartialFingerprints["rtgenFinding/v1"])
		}
		return list
	}
	before := fingerprints(sarifFindings)
	seen := map[string]int{}
	for i, print := range before {
		if first, twice := seen[print]; twice {
			t.Errorf("findings %d and %d have the fingerprint %s", first, i, print)
		}
		seen[print] = i
	}
	moved := append([]harness.Finding(nil), sarifFindings...)
	for i := range moved {
		moved[i].Line += 5
		moved[i].Message += " or not"
	}
	if diff := cmp.Diff(before, fingerprints(moved)); diff != "" {
		t.Errorf("fingerprints after an edit (-before +after):\n%s", diff)
	}
	moved[0].ID, moved[1].File, moved[2].Code, moved[3].Operand = `profile "b"`, "plans/b.json", "plan-load", "r:c"
	for i, print := range fingerprints(moved)[:4] {
		if print == before[i] {
			t.Errorf("finding %d is another and has the same fingerprint", i)
		}
	}
}

func TestSARIFWithoutFindings(t *testing.T) {
	log := sarifOf(t, nil, harness.LintCodes())
	report := proveSARIF(t, log)
	// Null would say that nothing was looked at.
	if !bytes.Contains(log, []byte(`"results": []`)) {
		t.Error("the log of no findings does not say so")
	}
	driver := report.Runs[0].Tool.Driver
	if *driver.Name != "rtgen" || *driver.Version != "v1.2.3" || len(driver.Rules) != len(harness.LintCodes()) {
		t.Errorf("driver %s %s with %d rules, want rtgen v1.2.3 with %d", *driver.Name, *driver.Version, len(driver.Rules), len(harness.LintCodes()))
	}
	for _, rule := range driver.Rules {
		if len(*rule.ShortDescription.Text) < 5 || !strings.HasPrefix(*rule.Help.Text, *rule.ShortDescription.Text) {
			t.Errorf("rule %s: description %q, help %q", *rule.ID, *rule.ShortDescription.Text, *rule.Help.Text)
		}
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestSARIFFaults(t *testing.T) {
	for _, tt := range []struct {
		name     string
		findings []harness.Finding
		codes    []harness.LintCode
	}{
		{"finding", []harness.Finding{{Code: "c", Level: "fatal"}}, nil},
		{"code", nil, []harness.LintCode{{Code: "c", Level: ""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			err := sarif.Write(&b, tt.findings, tt.codes, "v1")
			if err == nil || !strings.Contains(err.Error(), "level") || b.Len() > 0 {
				t.Errorf("error %v after %d bytes, want one about the level before any", err, b.Len())
			}
		})
	}
	if err := sarif.Write(failingWriter{}, sarifFindings, sarifCodes, "v1"); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v, want the writer's", err)
	}
}
