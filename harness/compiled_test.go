package harness_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
)

// What a suite does not carry along.
var sameCompiled = cmp.Options{cmpopts.IgnoreFields(harness.Scenario{}, "File", "Line"), cmpopts.IgnoreFields(harness.CompiledPolicy{}, "File", "Line"), cmpopts.EquateEmpty()}

func encode(t testing.TB, c *harness.Compiled) []byte {
	t.Helper()
	data, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestCompiledComesBack(t *testing.T) {
	for _, plan := range []string{"../testdata/small/plan.json", "../plans/agent-workspace/plan.json"} {
		c, err := harness.CompilePlan(harness.Source{}, plan)
		if err != nil {
			t.Fatal(err)
		}
		data := encode(t, c)
		back, err := harness.DecodeCompiled(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, back, sameCompiled); diff != "" {
			t.Errorf("%s (-compiled +decoded):\n%s", plan, diff)
		}
		if again := encode(t, back); !bytes.Equal(data, again) {
			t.Errorf("%s: encoded twice, the bytes differ", plan)
		}
	}
}

// A suite runs what was generated or nothing.
func TestDecodeCompiledRefuses(t *testing.T) {
	good := string(encode(t, small(t)))
	for _, tt := range []struct {
		name     string
		old, new string // empty old: new is appended
		want     string
	}{
		{"trailing_data", "", "{}", "data after the document"},
		{"trailing_garbage", "", "x", "data after the document"},
		{"unknown_field", `"plan_id": "small"`, `"plan_id": "small", "extra": 1`, `unknown field "extra"`},
		{"unknown_scenario_field", `"name": "read-key"`, `"name": "read-key", "skip": true`, `unknown field "skip"`},
		{"schema", harness.CompiledSchema, "rtgen.compiled_plan.v9.0", `schema_version "rtgen.compiled_plan.v9.0" is not`},
		{"expectation_flipped", `"expected": "deny"`, `"expected": "allow"`, "its digest is"},
		{"lane_turned_off", `"oracle": true`, `"oracle": false`, "its digest is"},
		{"policy_edited", `abi.read_execute`, `abi.read_write`, "its digest is"},
		{"digest_edited", `"compiled_digest": "`, `"compiled_digest": "0`, ""},
		{"digest_missing", `"compiled_digest"`, `"plan_digest"`, ""},
		{"wrong_type", `"plan_id": "small"`, `"plan_id": 7`, "cannot unmarshal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := good + tt.new
			if tt.old != "" {
				if !strings.Contains(good, tt.old) {
					t.Fatalf("the compiled plan has no %q", tt.old)
				}
				bad = strings.Replace(good, tt.old, tt.new, 1)
			}
			c, err := harness.DecodeCompiled([]byte(bad))
			if err == nil {
				t.Fatalf("accepted: %+v", c)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "compile") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q, want %q and the fix in it", err, tt.want)
			}
		})
	}
	for _, data := range []string{"", "null", "[]", "{}", `"x"`, "{"} {
		if _, err := harness.DecodeCompiled([]byte(data)); err == nil {
			t.Errorf("DecodeCompiled(%q) gives a plan", data)
		}
	}
}

// The law: what decodes is encoded to a document that decodes to the same, and
// nothing that decodes carries a digest that is not its own.
func FuzzDecodeCompiled(f *testing.F) {
	good := encode(f, small(f))
	f.Add(good)
	f.Add(bytes.Replace(good, []byte("deny"), []byte("allow"), 1))
	f.Add(append(bytes.Clone(good), "{}"...))
	f.Add([]byte(`{"schema_version":"rtgen.compiled_plan.v0.1","profiles":null}`))
	f.Add(bytes.Replace(good, []byte(`"profiles"`), []byte(`"Profiles"`), 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := harness.DecodeCompiled(data)
		if err != nil {
			return
		}
		back, err := harness.DecodeCompiled(encode(t, c))
		if err != nil {
			t.Fatalf("decodes once: %v", err)
		}
		if diff := cmp.Diff(c, back, sameCompiled); diff != "" {
			t.Fatalf("differs after it was encoded (-first +second):\n%s", diff)
		}
		c.PlanID += "x"
		if _, err := harness.DecodeCompiled(encode(t, c)); err == nil {
			t.Fatal("another plan under the same digest is accepted")
		}
	})
}

func threeProfiles(t *testing.T) *harness.Compiled {
	t.Helper()
	probe := func(name string, lanes map[string]bool) harnesstest.Probe {
		return harnesstest.Probe{Name: name, Operation: "fs.read_file", Target: "/dev/null", Expected: "deny", Lanes: lanes}
	}
	return compilePlan(t, harnesstest.Plan{
		Lanes: map[string]bool{"baseline": true, "scenario": true, "oracle": true},
		Profiles: []harnesstest.Profile{
			{ID: "one", Probes: []harnesstest.Probe{probe("a", nil), probe("b", map[string]bool{"oracle": false})}},
			{ID: "two", Probes: []harnesstest.Probe{probe("a", nil), probe("only-baseline", map[string]bool{"scenario": false, "oracle": false})}},
			{ID: "three", Probes: []harnesstest.Probe{probe("c", nil)}},
		},
	})
}

func TestSelect(t *testing.T) {
	whole := threeProfiles(t)
	for _, tt := range []struct {
		name string
		sel  harness.Selection
		want []string // scenarios left
		n    map[harness.Lane]int
		err  string
	}{
		{name: "all", want: []string{"one:a", "one:b", "two:a", "two:only-baseline", "three:c"},
			n: map[harness.Lane]int{harness.LaneBaseline: 5, harness.LaneScenario: 4, harness.LaneOracle: 3}},
		{name: "profile", sel: harness.Selection{Profiles: []string{"two"}}, want: []string{"two:a", "two:only-baseline"},
			n: map[harness.Lane]int{harness.LaneBaseline: 2, harness.LaneScenario: 1, harness.LaneOracle: 1}},
		{name: "profiles_in_plan_order", sel: harness.Selection{Profiles: []string{"three", "one"}}, want: []string{"one:a", "one:b", "three:c"},
			n: map[harness.Lane]int{harness.LaneBaseline: 3, harness.LaneScenario: 3, harness.LaneOracle: 2}},
		{name: "scenario", sel: harness.Selection{Scenarios: []string{"one:b"}}, want: []string{"one:b"},
			n: map[harness.Lane]int{harness.LaneBaseline: 1, harness.LaneScenario: 1}},
		{name: "scenario_and_profile", sel: harness.Selection{Profiles: []string{"one"}, Scenarios: []string{"one:a", "two:a"}}, want: []string{"one:a"},
			n: map[harness.Lane]int{harness.LaneBaseline: 1, harness.LaneScenario: 1, harness.LaneOracle: 1}},
		{name: "lane", sel: harness.Selection{Lane: harness.LaneOracle, Profiles: []string{"one"}}, want: []string{"one:a", "one:b"},
			n: map[harness.Lane]int{harness.LaneOracle: 1}},
		{name: "unknown_profile", sel: harness.Selection{Profiles: []string{"thre"}}, err: `plan "test" has no profile "thre", did you mean "three"?`},
		{name: "unknown_scenario", sel: harness.Selection{Scenarios: []string{"three:d"}}, err: `plan "test" has no scenario "three:d", did you mean "three:c"?`},
		{name: "nothing_near", sel: harness.Selection{Profiles: []string{"one", "nothing like that"}}, err: `plan "test" has no profile "nothing like that"`},
		{name: "empty_id", sel: harness.Selection{Profiles: []string{""}}, err: `plan "test" has no profile ""`},
		{name: "nothing_left", sel: harness.Selection{Profiles: []string{"one"}, Scenarios: []string{"two:a"}}, err: "widen --only-profile or --only-scenario"},
		{name: "unknown_lane", sel: harness.Selection{Lane: "orakel"}, err: `unknown lane "orakel", use one of baseline, scenario, oracle`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := encode(t, whole)
			got, err := whole.Select(tt.sel)
			if !bytes.Equal(before, encode(t, whole)) {
				t.Error("the plan itself was changed")
			}
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q in it", err, tt.err)
				}
				if !harness.IsInputError(err) {
					t.Errorf("%v is no input error", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, p := range got.Profiles {
				for _, s := range p.Scenarios {
					ids = append(ids, s.ExpectationID)
				}
			}
			if diff := cmp.Diff(tt.want, ids); diff != "" {
				t.Errorf("scenarios (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.n, got.Specs(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("specs (-want +got):\n%s", diff)
			}
			if got.PlanDigest != whole.PlanDigest || got.CompiledDigest != whole.CompiledDigest {
				t.Error("digests are not those of the whole plan")
			}
		})
	}
}

// A lane of which nothing is left is no selection either: a run of it would be
// green on nothing.
func TestSelectEmptyLane(t *testing.T) {
	c := compilePlan(t, harnesstest.Plan{Lanes: map[string]bool{"oracle": false}, Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Name: "a", Operation: "fs.read_file", Target: "/dev/null"},
	}}}})
	if got, err := c.Select(harness.Selection{Lane: harness.LaneOracle}); err == nil {
		t.Errorf("a lane that the plan has turned off can be selected: %v specs", got.Specs())
	} else if !harness.IsInputError(err) {
		t.Errorf("%v is no input error", err)
	}
}

func TestCompiledScenario(t *testing.T) {
	c := threeProfiles(t)
	p, s, ok := c.Scenario("two:a")
	if !ok || p.ID != "two" || s.ExpectationID != "two:a" {
		t.Errorf("Scenario(two:a) = %v, %v, %v", p, s, ok)
	}
	if _, _, ok := c.Scenario("two:b"); ok {
		t.Error("there is a scenario two:b")
	}
}

// Encode writes fields in a fixed order and lists of none as what they decode
// from: the order is part of a suite's bytes.
func TestEncodeIsOrdered(t *testing.T) {
	data := encode(t, small(t))
	if !json.Valid(data) || !bytes.HasSuffix(data, []byte("}\n")) {
		t.Fatalf("no JSON document and newline:\n%s", data)
	}
	var at []int
	for _, key := range []string{`"schema_version"`, `"plan_id"`, `"plan_digest"`, `"compiled_digest"`, `"registry_id"`, `"lanes"`, `"profiles"`} {
		at = append(at, bytes.Index(data, []byte(key)))
	}
	if !slices.IsSorted(at) || at[0] < 0 {
		t.Errorf("keys stand at %v", at)
	}
}
