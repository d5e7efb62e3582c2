package normalize_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/normalize"
)

// What the reader makes of whole documents it never saw is either an error or
// documents that hold together.
func FuzzNormalize(f *testing.F) {
	for _, s := range []scene{
		{},
		{baseline: keys{}, row: keys{"stderr": applyOK + "\n" + appliedOK + "\n" + calledOut + "\nF_GETPATH:/private/tmp/a\nFD_IDENTITY:1\n"}},
		{world: linuxWorld, row: keys{"stderr": applyFailed + "\nF_GETPATH:/x\n", "actual": nil}, result: keys{"intended_op_witnessed": false}},
		{result: earlier, row: keys{"expectation_id": absent, "match": false}},
		{result: keys{"seatbelt_callouts": []keys{answerRaw, answerCanonical}, "sandbox_check_request": question}},
	} {
		docs := s.documents(f)
		f.Add(docs.Matrix, docs.Results, docs.Baseline, true)
		f.Add(docs.Matrix, docs.Results, docs.Baseline, false)
	}
	for _, run := range referenceRuns(f) {
		docs := run.documents(f)
		f.Add(docs.Matrix, docs.Results, docs.Baseline, true)
	}
	f.Add([]byte(`{}`), []byte(`{"world_id":"w","results":[{"status":"ok","apply_rc":0},{"apply_rc":-1,"stderr":"{}"}]}`), []byte(nil), false)
	f.Fuzz(func(t *testing.T, matrix, results, baseline []byte, asWritten bool) {
		var batch bytes.Buffer
		if normalize.WriteMetadataEvents(&batch, normalize.Run{}, results) == nil && !gjson.ValidBytes(batch.Bytes()) {
			t.Errorf("no JSON: %s", batch.Bytes())
		}
		set, err := normalize.Open(normalize.Run{AsWritten: asWritten}, normalize.Documents{Matrix: matrix, Results: results, Baseline: baseline})
		if err != nil {
			return
		}
		rows := 0
		if set.Each(func(r *normalize.Row) error {
			rows++
			e := set.Event(r)
			if e.ExpectationID == "" || e.ScenarioID != e.ExpectationID {
				t.Errorf("ids %q and %q", e.ExpectationID, e.ScenarioID)
			}
			if e.PolicyLayers == nil && !(asWritten && set.Generation() == contract.Earlier) {
				t.Errorf("%s: no policy_layers", e.ExpectationID)
			}
			if e.Actual == nil && e.PolicyLayers != nil && e.PolicyLayers.ProcessPolicy.Decision != "unknown" {
				t.Errorf("%s: decision %q, nothing was decided", e.ExpectationID, e.PolicyLayers.ProcessPolicy.Decision)
			}
			return nil
		}) != nil {
			return
		}
		if _, err := set.Check(); err != nil {
			t.Errorf("rows can be read and not checked: %v", err)
		}
		var out bytes.Buffer
		for _, write := range []func(io.Writer) error{
			set.WriteEvents, set.WriteOracle,
			func(w io.Writer) error { return set.WriteMismatches(w, "fuzz") },
			func(w io.Writer) error { return set.WriteWitnesses(w, "plan") },
		} {
			out.Reset()
			if err := write(&out); err != nil {
				// A row may hold details that no sorted style can write: a key twice.
				if strings.Contains(err.Error(), "canon: ") {
					continue
				}
				t.Errorf("%v", err)
			} else if !gjson.ValidBytes(out.Bytes()) {
				t.Errorf("no JSON: %s", out.Bytes())
			}
		}
		out.Reset()
		if set.WriteEvents(&out) == nil && int(gjson.GetBytes(out.Bytes(), "#").Int()) != rows {
			t.Errorf("%d rows became %s", rows, out.Bytes())
		}
	})
}
