package sbpl

import (
	"sync"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// newProfile returns the profile of rules, which must not change any more.
func newProfile(rules []Rule) *Profile {
	p := &Profile{rules: rules, oneFile: true}
	for i := range rules {
		p.oneFile = p.oneFile && rules[i].File == rules[0].File
	}
	return p
}

// indexes has the index of each operation that was asked about.
type indexes struct{ m sync.Map }

func (p *Profile) index(operation string) *index {
	if ix, ok := p.indexes.m.Load(operation); ok {
		return ix.(*index)
	}
	ix, _ := p.indexes.m.LoadOrStore(operation, newIndex(p.rules, operation))
	return ix.(*index)
}

// verdict is what a profile says of one operation on one object.
type verdict struct {
	decision  Decision
	rule      *Rule // nil: none matched, or unknown
	isDefault bool  // no rule matched, and this one is the default
	doubt     *Doubt
}

// decide goes through the rules from the last to the first. A rule that is in
// doubt matters where its effect is not that of the rule that decides.
func (p *Profile) decide(operation string, s *subject) verdict {
	var doubts doubts
	var room [16][]int32
	ix := p.index(operation)
	lists := ix.candidates(room[:0], s)
	for {
		i, ok := next(lists)
		if !ok {
			break
		}
		r := &p.rules[i]
		switch t, d := r.holds(s); {
		case t == yes:
			return doubts.settle(verdict{decision: r.Effect, rule: r})
		case t == maybe && doubts.add(r, d):
			return verdict{decision: Unknown, doubt: d}
		}
	}
	for i := len(ix.floor) - 1; i >= 0; i-- {
		r := &p.rules[ix.floor[i]]
		d := r.Doubt
		switch {
		case d != nil:
		case r.Effect == Unknown:
			d = &Doubt{Place: r.Place, Form: r.Text, Why: anyRule}
		case r.Filter != nil && ix.isDefault:
			d = &Doubt{Place: r.Place, Form: r.Text, Why: "what a default with a filter means is not documented"}
		default:
			if ix.isDefault && r.Effect == Deny && beyond(operation) {
				return verdict{decision: Unknown, doubt: &Doubt{Place: r.Place, Form: r.Text, Why: "whether a closed default reaches " + operation + " is up to the release"}}
			}
			return doubts.settle(verdict{decision: r.Effect, rule: r, isDefault: ix.isDefault})
		}
		if doubts.add(r, d) {
			return verdict{decision: Unknown, doubt: d}
		}
	}
	if beyond(operation) {
		return verdict{decision: Unknown, doubt: &Doubt{Why: "no rule matches, and whether that denies " + operation + " is up to the release"}}
	}
	return doubts.settle(verdict{decision: Deny})
}

// beyond says that the system's own profiles deny an operation by name right
// behind (deny default): it came late, and profiles of before were not to break.
func beyond(operation string) bool {
	switch operation {
	case "dynamic-code-generation", "file-map-executable", "iokit-get-properties":
		return true
	}
	return seatbelt.Covers("nvram*", operation) || seatbelt.Covers("process-info*", operation)
}

const anyRule = "it may have left any rule behind"

// holds says whether the rule is in force and matches.
func (r *Rule) holds(s *subject) (truth, *Doubt) {
	t, d := yes, (*Doubt)(nil)
	switch {
	case r.Filter == nil:
	case s.opaque != "":
		return maybe, &Doubt{Place: r.Place, Form: r.Text, Why: s.opaque}
	default:
		t, d = r.Filter.match(s)
	}
	switch {
	case t == yes && r.Doubt != nil:
		return maybe, r.Doubt
	case t == yes && r.Effect == Unknown:
		return maybe, &Doubt{Place: r.Place, Form: r.Text, Why: anyRule}
	}
	return t, d
}

// doubts are those about rules that come after the one that decides.
type doubts struct{ allow, deny *Doubt }

// add takes note of a rule that may hold; true: whatever comes, it is unknown.
func (ds *doubts) add(r *Rule, d *Doubt) bool {
	switch {
	case r.Effect == Allow && ds.allow == nil:
		ds.allow = d
	case r.Effect == Deny && ds.deny == nil:
		ds.deny = d
	}
	return r.Effect == Unknown || ds.allow != nil && ds.deny != nil
}

// settle gives the verdict where no doubt speaks against it.
func (ds *doubts) settle(v verdict) verdict {
	against := ds.deny
	if v.decision == Deny {
		against = ds.allow
	}
	if against != nil {
		return verdict{decision: Unknown, doubt: against}
	}
	return v
}
