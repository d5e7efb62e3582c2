package differential

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// planID names the plan, its registry, its profile and its probe.
const planID = "disagreement"

// Write writes a disagreement into a folder: case.json, which a run of the test
// can replay, README.md, and a plan with its registry and profiles that shows
// it, unless the plan's fixture has no words for the world: planned says so.
func (d *Disagreement) Write(dir string) (planned bool, err error) {
	if err := os.MkdirAll(filepath.Join(dir, "registry"), 0o755); err != nil {
		return false, err
	}
	why := d.Small.unplannable()
	if why == "" && d.Verdict.Decision(&d.Small) == op.Deny && !d.Small.attributable() {
		why = "no layer handles what the operation is named for, and a plan takes no other denial for one of it"
	}
	if why == "" {
		if err := d.writePlan(dir); err != nil {
			return false, err
		}
	}
	return why == "", errors.Join(
		writeJSON(filepath.Join(dir, "case.json"), d.Small),
		writeJSON(filepath.Join(dir, "found.json"), d),
		os.WriteFile(filepath.Join(dir, "README.md"), []byte(d.readme(why)), 0o644),
	)
}

// unplannable says what of a case no plan can say, nothing when one can.
func (c *Case) unplannable() string {
	switch {
	case len(c.Layers) == 0:
		return "there is no policy, and a plan's scenarios have one"
	case c.World.mounted():
		return "the world mounts something, which no fixture does"
	case c.World.Far != "":
		return "the world lies on two mounts, and a fixture on one"
	case c.World.Plain:
		return "an ordinary user asks in a world of root's"
	}
	listening := 0
	for _, s := range c.World.Steps {
		if s.Program {
			return "the world holds a copy of a program, whose bytes a fixture has not"
		}
		if s.Listen != "" {
			listening++
		}
	}
	if listening > 1 {
		return "more than one socket of the world answers"
	}
	spec := c.fixture()
	if faults := fixture.Validate(spec); len(faults) > 0 {
		return "no fixture can be that: " + errors.Join(faults...).Error()
	}
	return ""
}

// fixture is the world as a probe's.
func (c *Case) fixture() fixture.Spec {
	spec := fixture.Spec{Source: c.Question.Source, Outside: c.Question.Target == varOutside}
	for _, s := range c.World.Steps {
		n := fixture.Node{Path: s.Path, Kind: fixture.Kind(s.Kind), To: s.To, Content: s.Content}
		switch {
		case s.Hardlink:
			n.Kind = fixture.Hardlink
		case s.Kind == oracle.Char:
			n.Dev = "0:0"
			if Root() {
				n.Dev = "1:9"
			}
		case s.Kind == oracle.Block:
			n.Dev = "240:0"
		}
		if s.Mode != usualMode(&s) && !s.Hardlink && s.Kind != oracle.Symlink {
			n.Mode = fmt.Sprintf("%04o", s.Mode)
		}
		if s.Listen != "" { // the listener makes the name
			spec.Listen = s.Listen + ":" + s.Path
			continue
		}
		spec.Tree = append(spec.Tree, n)
	}
	if _, v := variantOf(c.Question); spec.Listen == "" && v != nil {
		spec.Listen = listener(c.Question, v)
	}
	return spec
}

// listener is what has to answer at the target of a question about sockets.
func listener(q Question, v *op.Variant) string {
	switch {
	case v.Target == op.TargetName && v.Name == "connect":
		return "unix:" + q.Target
	case v.Target == op.TargetName:
		return "unixgram:" + q.Target
	case q.Op == "net.connect_tcp" && v.Name == "connect" && !strings.HasSuffix(q.Target, ":0"):
		return "tcp:" + q.Target
	}
	return ""
}

func (d *Disagreement) writePlan(dir string) error {
	c := &d.Small
	expected := d.Verdict.Decision(c)
	if expected == "" { // the kernel decides nothing, and the model says this
		if expected = string(d.Verdict.Answer.Decision); expected == string(oracle.Unknown) {
			expected = op.Allow
		}
	}
	spec := c.fixture()
	id := planID + ":" + planID
	probe := map[string]any{
		"probe_id": id, "name": planID, "operation": c.Question.Op, "syscall": c.Question.Syscall, "target": c.Question.Target,
		"expected": expected, "fixture": spec,
		"supports_lanes":       map[string]bool{"baseline": true, "scenario": true, "oracle": true},
		"expected_primary_ops": []string{c.Question.Op}, "expected_predicates": []string{},
		"capabilities_required": []string{}, "controls_supported": []string{"baseline"},
	}
	profile, texts := c.profile()
	profile["probe_refs"] = []string{id}
	files := map[string]any{
		"plan.json": map[string]any{
			"schema_version": "runtime-tools.plan.v0.1", "plan_id": planID, "registry_id": planID, "profiles": []string{planID},
			"lanes": map[string]bool{"baseline": true, "scenario": true, "oracle": true},
		},
		"registry/probes.json": map[string]any{
			"schema_version": "runtime-tools.probe_registry.v0.3", "registry_id": planID, "probes": map[string]any{id: probe},
		},
		"registry/profiles.json": map[string]any{
			"schema_version": "runtime-tools.profile_registry.v0.3", "registry_id": planID, "profiles": map[string]any{planID: profile},
		},
	}
	for name, text := range texts {
		files[name] = text
	}
	for name, value := range files {
		if err := writeJSON(filepath.Join(dir, name), value); err != nil {
			return err
		}
	}
	return nil
}

func (d *Disagreement) readme(why string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# A disagreement\n\n%s by %s on %s: %s.\n\n", d.Small.Question.Op, d.Small.Question.Syscall, d.Small.Question.Target, strings.TrimSpace(d.Verdict.Fault))
	fmt.Fprintf(&b, "The model says %q (%s), and the kernel %q: %s = %d.\n\n",
		d.Verdict.Answer.Decision, d.Verdict.Answer.Reason, d.Verdict.Decision(&d.Small), d.Verdict.Kernel.Call, d.Verdict.Kernel.Errno)
	if why == "" {
		fmt.Fprintf(&b, "    rtgen run --plan plan.json --out out\n\nshows the kernel's decision in the lane `scenario` and the model's in the lane `oracle`.\n")
	} else {
		fmt.Fprintf(&b, "No plan can show it: %s. case.json holds all of it; to ask again:\n\n", why)
		fmt.Fprintf(&b, "    RTGEN_DIFFERENTIAL_REPLAY=$PWD/case.json go test -count 1 -v -run TestReplay ./harness/internal/oracle/landlock/differential\n")
	}
	return b.String()
}
