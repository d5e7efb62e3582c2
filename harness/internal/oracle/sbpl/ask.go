package sbpl

import (
	"strconv"
	"strings"
)

// Ask answers a question. It is a pure function of the profile and the question.
func (p *Profile) Ask(q Question) Answer {
	plan := q.plan()
	a := Answer{Decision: Unknown, Resolved: plan.resolved}
	var denied, doubtful, last *decided
	all := make([]decided, len(plan.checks))
	a.Checks = make([]Check, 0, len(plan.checks))
	for i := range plan.checks {
		d := &all[i]
		*d = p.check(&plan.checks[i])
		a.Checks = append(a.Checks, d.Check)
		switch {
		case d.Decision == Deny:
			a.Missing = append(a.Missing, d.Check)
			if denied == nil {
				denied = d
			}
		case d.Decision == Unknown && doubtful == nil:
			doubtful = d
		}
		last = d
	}
	switch {
	case denied != nil: // whatever is unknown beside it
		a.Decision, a.Rule, a.Reason = Deny, denied.Rule, p.because(denied)+plan.aside
	case doubtful != nil:
		a.Reason = p.because(doubtful)
	case plan.failed != "":
		a.Reason = printable(plan.failed)
	case plan.second != "":
		a.Reason = printable(plan.second)
	default:
		a.Decision, a.Rule, a.Reason = Allow, last.Rule, p.because(last)+plan.aside
	}
	return a
}

// decided is a check with what its reason is made of.
type decided struct {
	Check
	isDefault bool
	match     string // the form for which the rule matches
}

// check decides one check. Of several operations of which one is asked, all
// must be decided alike.
func (p *Profile) check(c *pending) decided {
	var d decided
	for i, operation := range c.operations {
		v := p.decide(operation, &c.subject)
		if i > 0 && v.decision == d.Decision && v.decision != Unknown {
			continue
		}
		if i > 0 {
			if v.doubt == nil {
				v.doubt = &Doubt{Why: "the model does not know which of " + strings.Join(c.operations, ", ") + " is asked, and they are not decided alike"}
			}
			v = verdict{decision: Unknown, doubt: v.doubt}
		}
		d = decided{Check: Check{c.name, c.target, v.decision, v.rule, v.doubt}, isDefault: v.isDefault}
		if v.rule != nil && v.rule.Filter != nil {
			d.match = reason(v.rule.Filter, &c.subject)
		}
		if v.decision == Unknown {
			break
		}
	}
	return d
}

// because is why a check is decided as it is, on one line.
func (p *Profile) because(d *decided) string {
	what := d.Operation
	if d.Target != "" {
		what += " of " + printable(d.Target)
	}
	verb, participle := "allows", "allowed"
	if d.Decision == Deny {
		verb, participle = "denies", "denied"
	}
	switch r := d.Rule; {
	case d.Decision == Unknown && d.Doubt.Line == 0:
		return what + " is unknown: " + d.Doubt.Why
	case d.Decision == Unknown:
		return what + " is unknown: " + d.Doubt.Form + " at " + d.Doubt.File + ":" + strconv.Itoa(d.Doubt.Line) + ": " + d.Doubt.Why
	case r == nil:
		return what + " is denied: no rule matches, and the profile has no default"
	case d.isDefault:
		return what + " is " + participle + ": no rule matches, " + r.Text + " at " + p.at(r.Place) + " applies"
	case r.Filter == nil:
		return "the rule at " + p.at(r.Place) + " " + verb + " " + what + ": " + r.Text + " has no filter"
	default:
		return "the rule at " + p.at(r.Place) + " " + verb + " " + what + ": " + d.match + " matches"
	}
}

// at names a place, with its file when the profile has rules of several.
func (p *Profile) at(place Place) string {
	if p.oneFile && len(p.rules) > 0 && place.File == p.rules[0].File {
		return "line " + strconv.Itoa(place.Line)
	}
	return place.File + ":" + strconv.Itoa(place.Line)
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
}
