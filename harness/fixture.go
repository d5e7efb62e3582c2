package harness

import (
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/op"
)

// readFixture reads a probe's fixture. What it may hold, package fixture says.
func readFixture(v jsondoc.Value, faults *jsondoc.Faults) *Fixture {
	before := len(*faults)
	o := v.Object()
	f := &Fixture{
		Source:  o.Opt("source").OrNull().Text(),
		Listen:  o.Opt("listen").OrNull().Text(),
		Outside: o.Opt("outside").OrNull().Bool(),
	}
	tree := o.Opt("tree").OrNull().Items()
	for _, n := range tree {
		f.Tree = append(f.Tree, readNode(n))
	}
	o.End()
	if len(*faults) > before {
		return f // what is not of the right type would be reported twice
	}
	for _, err := range fixture.Validate(*f) {
		at, msg := v, err.Error()
		for i := range tree {
			if rest, ok := strings.CutPrefix(msg, fmt.Sprintf("tree[%d]: ", i)); ok {
				at, msg = tree[i], rest
				break
			}
		}
		at.FaultAs(codeBadFixture, "%s", msg)
	}
	return f
}

func readNode(v jsondoc.Value) fixture.Node {
	o := v.Object()
	n := fixture.Node{
		Path:    o.Need("path").Text(),
		Kind:    fixture.Kind(o.Need("kind").Text()),
		Mode:    o.Opt("mode").OrNull().Text(),
		Content: o.Opt("content").OrNull().Text(),
		To:      o.Opt("to").OrNull().Text(),
		Dev:     o.Opt("dev").OrNull().Text(),
	}
	o.End()
	return n
}

// fixtureFaults says why a probe may not attempt its operation with the fixture
// it has: what an allowed attempt changes must be the probe's own.
func fixtureFaults(probe *Probe, operation *op.Op, variant *op.Variant) jsondoc.Faults {
	spec := Fixture{}
	if probe.Fixture != nil {
		spec = *probe.Fixture
	}
	var faults jsondoc.Faults
	add := func(code, format string, args ...any) { faults.AddCode(code, 0, "", format, args...) }
	switch {
	case !variant.Mutates:
	case variant.Target == op.TargetPath && !inScratch(probe.Target, op.OnName(operation)):
		add(codeUnsafeTarget, "%s changes its target, and the baseline lane really does: %q must start with ${scratch}/, ${home}/ or ${workspace}/ and not climb out by ..", probe.Operation, probe.Target)
	case variant.Target == op.TargetPath:
		for _, text := range strayFaults(probe, operation, variant, &spec) {
			add(codeUnsafeTarget, "%s", text)
		}
	case variant.Target == op.TargetProcess && !isOwnProcess(probe.Target):
		add(codeUnsafeTarget, "%s %s ends its target, and the baseline lane really does: %q must be %s or child", probe.Operation, variant.Name, probe.Target, outsidePID)
	}
	if target, err := fixture.Expand(probe.Target, anySite); err == nil {
		if why := variant.CheckTarget(target); why != "" {
			add(codeBadTarget, "%s %s", probe.Operation, why)
		} else if variant.Target == op.TargetProcess && !isNamedProcess(probe.Target) {
			add(codeUnsafeTarget, "target %q is a process of whatever host the plan runs on: use %s, self, child or parent", probe.Target, outsidePID)
		}
	}
	if variant.TwoPaths && spec.Source == "" {
		add(codeBadFixture, "%s %s takes two paths: give the other one as fixture.source", probe.Operation, variant.Name)
	}
	if spec.SourceIsText() && operation.Name != "fs.make_sym" {
		add(codeBadFixture, "fixture.source %q is no path of the fixture, which %s would take it for: start it with ${scratch}, ${home} or ${workspace}", spec.Source, probe.Operation)
	}
	if !spec.Outside && needsOutside(probe.Target) {
		add(codeBadFixture, "target %q names a process that the fixture does not make: give it \"outside\": true", probe.Target)
	}
	return faults
}

// strayFaults says where the paths of a probe that changes them lead out of the
// fixture through its own links, or to a device.
func strayFaults(probe *Probe, operation *op.Op, variant *op.Variant, spec *Fixture) []string {
	const fault = "%s changes its %s, and the baseline lane really does: %q %s; use what the fixture itself makes"
	var faults []string
	if probe.Target != os.DevNull {
		// Opening with O_EXCL follows no link either, but that is no reason to let one
		// point anywhere.
		if why := fixture.Leaves(*spec, probe.Target, !op.OnName(operation)); why != "" {
			faults = append(faults, fmt.Sprintf(fault, probe.Operation, "target", probe.Target, why))
		}
	}
	if takesSource(operation, variant) && spec.Source != "" && !spec.SourceIsText() {
		if why := fixture.Leaves(*spec, spec.Source, false); why != "" {
			faults = append(faults, fmt.Sprintf(fault, probe.Operation, "source", spec.Source, why))
		}
	}
	return faults
}

// ownsChanged proves on the disk what compiling has found in the data: what the
// attempt may change is the fixture's own.
func ownsChanged(o *op.Op, v *op.Variant, req op.Request, site *fixture.Site) error {
	if !v.Mutates || v.Target != op.TargetPath {
		return nil
	}
	if err := site.Owns(req.Target, !op.OnName(o)); err != nil {
		return err
	}
	if takesSource(o, v) {
		return site.Owns(req.Source, false)
	}
	return nil
}

// takesSource says whether the source is a path on the disk that the variant
// takes from: to a symbolic link it is a mere text.
func takesSource(o *op.Op, v *op.Variant) bool { return v.TwoPaths && o.Name != "fs.make_sym" }

const outsidePID = "${" + fixture.VarOutsidePID + "}"

func isOwnProcess(target string) bool { return target == outsidePID || target == op.Child }

func isNamedProcess(target string) bool {
	return isOwnProcess(target) || target == op.Self || target == op.Parent
}

// needsOutside says whether a template has a value only where a fixture has an
// outside process.
func needsOutside(template string) bool {
	if !strings.Contains(template, outsidePID) {
		return false
	}
	without := maps.Clone(anySite)
	delete(without, fixture.VarOutsidePID)
	_, err1 := fixture.Expand(template, anySite)
	_, err2 := fixture.Expand(template, without)
	return err1 == nil && err2 != nil
}
