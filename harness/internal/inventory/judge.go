package inventory

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
)

// Judge adds what follows from the rest of the document: how runs, packets and
// plans stand to each other, what is covered, and what is stale. found are the
// findings of the walk.
func (t *Tree) Judge(d *Document, found []Finding) {
	d.relate()
	t.cover(d)
	d.settle()
	d.Stale = append([]Finding{}, found...)
	d.judgePlans()
	d.judgeRegistries()
	d.judgeTemplates()
	d.judgeSuites()
	d.judgeBundles()
	d.judgePackets()
	d.judgeMappings()
	slices.SortFunc(d.Stale, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Code, b.Code), strings.Compare(a.ID, b.ID), strings.Compare(a.Message, b.Message))
	})
}

func (d *Document) add(code, path, id, format string, args ...any) {
	d.Stale = append(d.Stale, Finding{code, path, id, fmt.Sprintf(format, args...)})
}

func (d *Document) judgePlans() {
	for _, p := range d.Plans {
		if p.State == PlanUnloadable {
			first, _, _ := strings.Cut(p.Error, "\n")
			d.add(codePlanUnloadable, p.Path, p.ID, "%s; rtgen plan-lint --plan %s tells all", first, p.Path)
			continue
		}
		if len(p.Suites) == 0 {
			d.add(codePlanWithoutSuite, p.Path, p.ID, "has no suite: run rtgen compile --plan %s", p.Path)
		}
		if p.State == PlanNeverRun {
			d.add(codePlanNeverRunHere, p.Path, p.ID, "no run of it in %s is in the tree: run rtgen run --plan %s --channel clean", d.WorldID, p.Path)
		}
	}
}

func (d *Document) judgeRegistries() {
	for _, r := range d.Registries {
		of := cmp.Or(r.Index, r.ProbesPath)
		switch {
		case r.Error != "":
			first, _, _ := strings.Cut(r.Error, "\n")
			d.add(codeRegistryUnloadable, of, r.ID, "%s; rtgen registry-lint tells all", first)
		case !r.ofTree():
		case len(r.Plans) == 0:
			d.add(codeRegistryUnused, of, r.ID, "no plan uses it: write one, or take it out of the index")
		default:
			if n := len(r.UnusedProfiles); n > 0 {
				d.add(codeOrphanProfile, r.ProfilesPath, r.ID, "no plan names %s: name them in a plan, or remove them", some(r.UnusedProfiles))
			}
			if n := len(r.UnusedProbes); n > 0 {
				d.add(codeOrphanProbe, r.ProbesPath, r.ID, "no profile of a plan refers to %s: add them to a probe_refs, or remove them", some(r.UnusedProbes))
			}
		}
	}
}

// ofTree says whether the registry is the tree's, and not the program's own or
// somewhere else.
func (r *Registry) ofTree() bool {
	return r.ProbesPath != "" && !strings.HasPrefix(r.ProbesPath, "builtin:")
}

// some names the first of a list.
func some(ids []string) string {
	const shown = 3
	text := strings.Join(ids[:min(shown, len(ids))], ", ")
	if n := len(ids) - shown; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

func (d *Document) judgeTemplates() {
	for _, t := range d.Templates {
		switch {
		case strings.HasPrefix(t.Path, "builtin:"):
			// What was built from a template of the program is its owner's to change.
		case t.State == TemplateUnloadable:
			first, _, _ := strings.Cut(t.Detail, "\n")
			d.add(codeTemplateUnloadable, t.Path, t.ID, "%s; correct it", first)
		case t.State == TemplateDrifted:
			d.add(codeTemplateDrift, t.Path, t.ID, "%s: run rtgen plan-build --template %s --out %s --overwrite, or correct the template", t.Detail, t.ID, path.Dir(t.Plan))
		}
	}
}

func (d *Document) judgeSuites() {
	plans := d.plansByID()
	for _, s := range d.Suites {
		switch s.State {
		case SuiteStale:
			d.add(codeSuiteStale, s.Path, s.PlanID, "%s: run %s", s.Detail, s.regenerate(s.Plan))
		case SuiteOrphan:
			fix := "remove the folder, or bring the plan back"
			if moved := plans[s.PlanID]; len(moved) > 0 {
				fix = fmt.Sprintf("its plan is %s now: run %s", moved[0].Path, s.regenerate(moved[0].Path))
			}
			d.add(codeSuiteOrphan, s.Path, s.PlanID, "%s: %s", s.Detail, fix)
		}
	}
}

// regenerate is the command that brings the suite up to date.
func (s *Suite) regenerate(plan string) string {
	cmd := "rtgen compile --plan " + plan
	if s.Path != "suites/"+s.PlanID {
		cmd += " --out " + s.Path
	}
	return cmd
}

func (d *Document) judgeBundles() {
	plans := d.plansByID()
	for _, o := range d.Bundles {
		if o.Error != "" {
			d.add(codeTreeUnreadable, o.Path, "", "its runs could not be listed: %s", o.Error)
		}
		for _, text := range o.Findings {
			d.add(codeBundleDamaged, o.Path, "", "%s: rtgen list-runs --out %s shows what is there", text, o.Path)
		}
		for _, r := range o.Runs {
			switch {
			case r.Standing == bundle.StandingDamaged, r.Standing == bundle.StandingTorn:
				at := path.Join(o.Path, r.ID)
				d.add(codeBundleDamaged, at, r.ID, "is %s (%s): put back what is missing, or remove the folder; rtgen validate-bundle --bundle %s tells all", r.Standing, r.Detail, at)
			case r.Latest && r.PlanNow == PlanOlder:
				d.add(codeBundleOfOlderPlan, path.Join(o.Path, r.ID), r.ID, "is of plan %q as it no longer is: run rtgen run --plan %s --out %s", r.PlanID, plans[r.PlanID][0].Path, o.Path)
			case r.Latest && r.Standing == bundle.StandingCommitted && len(o.Packets) == 0:
				d.add(codePacketMissing, o.Path, r.ID, "no packet leads to it: run rtgen emit-promotion --bundle %s --out %s", o.Path, path.Join(o.Path, bundle.PacketFile))
			}
		}
	}
}

func (d *Document) judgePackets() {
	for _, p := range d.Packets {
		again := "emit it anew with rtgen emit-promotion, or remove it"
		switch {
		case p.State == PacketUnbound:
			d.add(codePacketUnbound, p.Path, p.RunID, "%s: any bundle could take the place of its own; %s", p.Detail, again)
		case p.State == PacketBroken:
			d.add(codePacketBroken, p.Path, p.RunID, "%s: %s", p.Detail, again)
		case len(p.Outdated) > 0:
			fix := fmt.Sprintf("run rtgen emit-promotion --bundle %s --out %s", p.out.Path, p.Path)
			if p.run.PlanNow == PlanOlder {
				fix = "run the plan again, which writes a packet of its own"
			}
			d.add(codePacketOutdated, p.Path, p.RunID, "%s: %s", strings.Join(p.Outdated, ", "), fix)
		}
	}
}

func (d *Document) judgeMappings() {
	for _, m := range d.Mappings {
		switch m.State {
		case MappingBroken:
			d.add(codeMappingBroken, m.Path, "", "%s: promote the packets again with rtgen promote-packets --out %s", m.Detail, m.Path)
		case MappingOutdated:
			d.add(codeMappingOutdated, m.Path, "", "%s: promote the packets again with rtgen promote-packets --out %s", m.Detail, m.Path)
		}
	}
}
