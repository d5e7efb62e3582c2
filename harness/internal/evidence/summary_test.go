package evidence_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// The lines the format has come first and are the reference's own bytes.
func TestSummaryBeginsLikeReference(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for !exists(filepath.Join(dir, "go.mod")) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
	}
	files, err := filepath.Glob(filepath.Join(dir, "..", "shared", "reference-bundles", "*", "*", "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("no reference bundles beside the repository")
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s struct {
			Status         string         `json:"status"`
			PlanID         string         `json:"plan_id"`
			Channel        string         `json:"channel"`
			ProfileCount   int            `json:"profile_count"`
			ScenarioCount  int            `json:"scenario_count"`
			MismatchCounts map[string]int `json:"mismatch_counts"`
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		counts := evidence.Counts{Status: s.Status, ProfileCount: s.ProfileCount, ScenarioCount: s.ScenarioCount}
		for _, n := range s.MismatchCounts {
			counts.Mismatches = append(counts.Mismatches, make([]artifact.Mismatch, n)...)
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, ".json") + ".md")
		if err != nil {
			t.Fatal(err)
		}
		got := evidence.SummaryMarkdown(evidence.Run{PlanID: s.PlanID, Channel: s.Channel}, counts)
		if !bytes.HasPrefix(got, want) {
			t.Errorf("%s\n got %q\nwant %q first", file, got, want)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// No id can break a line or a table, and a long list says how much it leaves out.
func TestSummaryMarkdownHolds(t *testing.T) {
	counts := evidence.Counts{Status: "partial", Profiles: []evidence.ProfileCounts{{ProfileID: "a|b\n# c"}}}
	for i := range 60 {
		counts.Mismatches = append(counts.Mismatches, artifact.Mismatch{
			ExpectationID: fmt.Sprintf("x|%d", i), Expected: "deny", MismatchType: artifact.MismatchFilterDiff,
		})
	}
	got := string(evidence.SummaryMarkdown(evidence.Run{PlanID: "p\n# q", Error: "one\ntwo"}, counts))
	for _, want := range []string{
		"\nPlan: p # q\n", "\nError: one two\n", "\n| a\\|b # c | - | - | - | - | 0 |\n",
		"\n| x\\|49 | deny | - | filter_diff |\n", "\n10 more are in mismatch_summary.json.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("summary lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "x\\|50") {
		t.Error("summary lists more mismatches than it says")
	}
}
