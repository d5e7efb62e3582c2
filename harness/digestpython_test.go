package harness_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

// digests prints the plan_digest of every line of JSON that is a plan.
const digests = `
import hashlib, json, sys
for line in sys.stdin:
    plan = json.loads(line)
    identity = {key: plan.get(key) for key in ("plan_id", "registry_id", "apply_preflight_profile")}
    identity["profiles"] = plan.get("profiles") or []
    for key in ("lanes", "controls", "schema_versions"):
        identity[key] = plan.get(key) or {}
    print(hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest())
`

// randomControls makes an object of whatever may stand in controls, numbers in
// every spelling.
func randomControls(rnd *rand.Rand, depth int) string {
	words := []string{`"x"`, `"caf\u00e9"`, `"<&>\u007f/\/"`, `"😀"`, `"\ud83d\ude00\n"`, `""`, `"~"`, `"\uffee"`}
	members := []string{}
	for _, i := range rnd.Perm(len(words))[:rnd.IntN(4)] {
		value := words[rnd.IntN(len(words))]
		switch kind := rnd.IntN(5); {
		case kind == 0:
			value = []string{
				"0", "-0", "-0.0", "0.0", "1", "1.0", "1e2", "1E+2", "1e-7", "1.50", "123456789012345678901234567890", "1e16", "1e15", "0.0001", "0.00001",
				"1e-400", "5e-324", "1e22", "123456.7891e3", "-1.7976931348623157e308", "9007199254740993.0",
			}[rnd.IntN(21)]
		case kind == 1:
			value = fmt.Sprintf("%d.%de%d", rnd.IntN(100), rnd.Uint64(), rnd.IntN(600)-320)
		case kind == 2:
			value = []string{"true", "false", "null", "[]", "{}"}[rnd.IntN(5)]
		case kind == 3 && depth > 0:
			value = "[1, " + randomControls(rnd, depth-1) + "]"
		case kind == 4 && depth > 0:
			value = randomControls(rnd, depth-1)
		}
		members = append(members, words[i]+": "+value)
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// The digest of a plan is the one that Python's json module gives its identity.
func TestPlanDigestIsThatOfPython(t *testing.T) {
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("no python3 to ask: %v", err)
	}
	rnd := rand.New(rand.NewPCG(9, 10))
	var in, stderr bytes.Buffer
	var plans []*harness.Plan
	for i := range 1000 {
		text := fmt.Sprintf(`{"schema_version": "runtime-tools.plan.v0.1", "plan_id": "plan.%d<é>", "registry_id": "r", "profiles": ["b", "a"], "world_id": "w", "notes": "n"`, i)
		if rnd.IntN(2) == 0 {
			text += `, "lanes": {"oracle": true, "baseline": false}, "apply_preflight_profile": "profiles/é.json"`
		}
		text += `, "controls": ` + randomControls(rnd, 3) + "}"
		plan, err := harness.ParsePlan(harness.File{Name: "plan.json", Data: []byte(text)})
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		plans = append(plans, plan)
		if err := json.Compact(&in, []byte(text)); err != nil {
			t.Fatal(err)
		}
		in.WriteByte('\n')
	}
	lines := strings.Split(in.String(), "\n")
	cmd := exec.Command(path, "-c", digests)
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, stderr.String())
	}
	answers := strings.Fields(string(out))
	if len(answers) != len(plans) {
		t.Fatalf("%d digests of %d plans", len(answers), len(plans))
	}
	for i, want := range answers {
		if got := harness.PlanDigest(plans[i]); got.String() != want {
			t.Fatalf("plan_digest of\n%s\nis %v, Python's %s", lines[i], got, want)
		}
	}
}
