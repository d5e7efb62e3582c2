package mapping

import (
	"encoding/json"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

func probe(name, operation string, expected, seen made.Seen) made.Probe {
	return made.Probe{Name: name, Operation: operation, Target: "/data/" + name, Expected: string(expected), Scenario: seen, Baseline: made.Allow}
}

// everyEnd is a macOS run with a scenario for everything that can come of one.
func everyEnd() made.BundleSpec {
	blocked := probe("blocked", "file-write*", made.Deny, made.BlockedApply)
	asked := probe("asked", "mach-lookup", made.Deny, made.Deny)
	asked.Callouts = []artifact.Callout{
		{Tool: "t", Stage: "pre_syscall", API: "sandbox_check", Operation: "mach-lookup", FilterType: new(2), FilterTypeName: new("global-name"), Argument: new("a.b"), Decision: "deny", RC: new(1)},
		{Tool: "t", Stage: "post_apply", API: "sandbox_check", FilterType: new(7), Decision: "allow", RC: new(0)},
	}
	asked.Command = []string{"bin/sandbox_runner", "out/profiles/one.sb", "x"}
	return made.BundleSpec{
		WorldID: made.MacWorld, Uncounted: true, PlanID: "ends",
		Impact: json.RawMessage(`{"metadata": {"allowed_tags": ["known"]}, "p:one:known": {"tags": ["known"]}, "p:one:half": {"tags": ["known", "odd"]}}`),
		Profiles: []made.Profile{
			{ID: "p:one", Family: "f", Probes: []made.Probe{
				probe("match", "file-read*", made.Allow, made.Allow), probe("known", "file-read*", made.Allow, made.Deny),
				probe("half", "file-read-metadata", made.Deny, made.Allow), probe("undecided", "sysctl-read", made.Deny, made.Undecided),
				probe("fine", "sysctl-read", made.Deny, made.Deny), blocked, asked,
			}},
			{ID: "p:two", Probes: []made.Probe{probe("unseen", "file-write*", made.Deny, "")}},
		},
	}
}

func TestGenerate(t *testing.T) {
	for _, reference := range []bool{false, true} {
		w := newWorkshop(t)
		w.opts.ReferenceSignatures = reference
		w.make(w.set("maps", w.packet("out", everyEnd())))
	}
}
