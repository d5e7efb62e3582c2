package harness

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/inventory"
	"github.com/rtgen/rtgen/harness/internal/parallel"
)

// inventoryTemplates builds every template in memory and holds it against the
// plan of the same id in the tree.
func (s Source) inventoryTemplates(doc *RuntimeInventory, plans []*inventoriedPlan) {
	doc.Templates = []*inventory.Template{}
	list, err := s.ListPlanTemplates()
	if err != nil {
		doc.Templates = append(doc.Templates, &inventory.Template{Path: templatesFolder, State: inventory.TemplateUnloadable, Detail: err.Error()})
		return
	}
	for _, l := range list {
		doc.Templates = append(doc.Templates, &inventory.Template{ID: l.TemplateID, Path: l.Path, State: inventory.TemplateUnloadable, Detail: l.Error})
	}
	parallel.Each(len(doc.Templates), func(i int) {
		if row := doc.Templates[i]; row.Detail == "" {
			s.inventoryTemplate(row, plans)
		}
	})
}

func (s Source) inventoryTemplate(row *inventory.Template, plans []*inventoriedPlan) {
	t, err := s.LoadPlanTemplate(row.ID)
	if err == nil && strings.HasPrefix(row.Path, builtin) && !slices.ContainsFunc(plans, func(p *inventoriedPlan) bool { return p.RegistryID == t.RegistryID }) {
		row.State = inventory.TemplateNoPlan // and what it would build is not worth building
		return
	}
	var built *BuiltPlan
	if err == nil {
		built, err = t.Expand()
	}
	if err != nil {
		row.Detail = err.Error()
		return
	}
	row.PlanID, row.State = built.plan.ID, inventory.TemplateNoPlan
	for _, p := range plans {
		if p.ID != row.PlanID {
			continue
		}
		row.Plan = p.Path
		if row.Detail = built.differsFrom(folder{tree: s.Root, below: path.Dir(p.Path), shown: path.Dir(p.Path)}, folder{tree: s.Root}); row.Detail == "" {
			row.State = inventory.TemplateSame
			return
		}
		row.State = inventory.TemplateDrifted
	}
}

// differsFrom names the first file of a plan's folder that is not what is built;
// empty when there is none. Texts may also lie under the root. Documents are
// compared as values: who lays them out anew has not changed them.
func (b *BuiltPlan) differsFrom(f, root folder) string {
	for _, d := range []struct {
		name string
		want []byte
	}{{planFile, b.Plan}, {besideProbes, b.Probes}, {besideProfiles, b.Profiles}} {
		got, err := f.read(d.name)
		if err != nil {
			return fmt.Sprintf("%s cannot be read: %s", f.name(d.name), plainReason(err))
		}
		if !sameDocument(got, d.want) {
			return f.name(d.name) + " is not what the template builds"
		}
	}
	texts, err := b.texts()
	if err != nil {
		return err.Error()
	}
	for _, text := range texts {
		got, err := readFirst([]folder{f, root}, text.name)
		if err != nil || !bytes.Equal(got.Data, text.Data) {
			return f.name(text.name) + " is not what the template builds"
		}
	}
	return ""
}

func sameDocument(a, b []byte) bool {
	one, err := canon.Transcode(a, canon.CompactSorted)
	if err != nil {
		return false
	}
	two, err := canon.Transcode(b, canon.CompactSorted)
	return err == nil && bytes.Equal(one, two)
}
