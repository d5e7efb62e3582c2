package normalize_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/normalize"
)

// The world of the rows: what is given, else what the matrix says, else what the
// results do. Results that say another are refused.
func TestWorld(t *testing.T) {
	gate := func(world string) keys {
		return keys{"preflight": keys{
			"tool": "preflight", "preflight_schema_version": 1, "world_id": world, "input_kind": "sbpl_path", "input_ref": "p.sb",
			"classification": "no_known_apply_gate_signature", "signature": nil, "findings": []any{},
		}}
	}
	unpinned := []byte(`{"world_id": null, "profiles": {}}`)
	pinned := []byte(`{"world_id": "` + macWorld + `", "profiles": {}}`)
	for _, tt := range []struct {
		name    string
		given   string
		matrix  []byte
		profile keys
		want    string // world, or what is in the error
	}{
		{"given", linuxWorld, pinned, nil, linuxWorld},
		{"pinned", "", pinned, nil, macWorld},
		{"observed", "", unpinned, gate(macWorld), macWorld},
		{"observed_by_others", "", unpinned, keys{"world_id": linuxWorld}, linuxWorld},
		{"observed_elsewhere", "", pinned, gate(linuxWorld), `profile "demo:p" was observed in world "` + linuxWorld + `", not in "` + macWorld},
		{"given_elsewhere", linuxWorld, unpinned, gate(macWorld), `profile "demo:p" was observed in world "` + macWorld + `", not in "` + linuxWorld},
		{"nobody_says", "", unpinned, nil, "neither m.json nor r.json has a world_id, and none was given"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			docs := scene{profile: tt.profile}.documents(t)
			docs.Matrix, docs.MatrixName, docs.ResultsName = tt.matrix, "m.json", "r.json"
			set, err := normalize.Open(normalize.Run{WorldID: tt.given}, docs)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want one with %s", err, tt.want)
				}
				return
			}
			if _, world := set.Matrix(); world != tt.want {
				t.Errorf("world %q, want %q", world, tt.want)
			}
		})
	}
}

// Mismatches can be told only of rows that the matrix knows by their ids.
func TestCheckMismatches(t *testing.T) {
	for name, tt := range map[string]struct {
		scene scene
		want  string
	}{
		"fine":        {scene{}, ""},
		"no_id":       {scene{matrix: keys{"expectation_id": absent}}, `expected_matrix.json: profile "demo:p": row 0 has no expectation_id`},
		"another_run": {scene{row: keys{"expectation_id": "demo:p:z"}}, `runtime_results.json: profile "demo:p": row "demo:p:z" is not in expected_matrix.json`},
	} {
		t.Run(name, func(t *testing.T) {
			err := tt.scene.open(t).CheckMismatches()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("CheckMismatches = %v, want %q", err, tt.want)
			}
		})
	}
}
