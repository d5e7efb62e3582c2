package sbpl

import (
	"fmt"
	"strings"
)

// Ask answers a question. It is a pure function of the profile and the question.
func (p *Profile) Ask(q Question) Answer {
	plan := q.plan()
	a := Answer{Decision: Unknown, Resolved: plan.resolved}
	var denied, doubtful, last *decided
	for i := range plan.checks {
		d := p.check(&plan.checks[i])
		a.Checks = append(a.Checks, d.Check)
		switch {
		case d.Decision == Deny:
			a.Missing = append(a.Missing, d.Check)
			if denied == nil {
				denied = &d
			}
		case d.Decision == Unknown && doubtful == nil:
			doubtful = &d
		}
		last = &d
	}
	switch {
	case denied != nil: // whatever is unknown beside it
		a.Decision, a.Rule, a.Reason = Deny, denied.Rule, p.because(denied)
	case doubtful != nil:
		a.Reason = p.because(doubtful)
	case plan.failed != "":
		a.Reason = plan.failed
	case plan.second != "":
		a.Reason = plan.second
	default:
		a.Decision, a.Rule, a.Reason = Allow, last.Rule, p.because(last)
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
		return fmt.Sprintf("%s is unknown: %s", what, d.Doubt.Why)
	case d.Decision == Unknown:
		return fmt.Sprintf("%s is unknown: %s at %s: %s", what, d.Doubt.Form, p.at(d.Doubt.Place), d.Doubt.Why)
	case r == nil:
		return fmt.Sprintf("%s is denied: no rule matches, and the profile has no default", what)
	case d.isDefault:
		return fmt.Sprintf("%s is %s: no rule matches, %s at %s applies", what, participle, r.Text, p.at(r.Place))
	case r.Filter == nil:
		return fmt.Sprintf("the rule at %s %s %s: %s has no filter", p.at(r.Place), verb, what, r.Text)
	}
	return fmt.Sprintf("the rule at %s %s %s: %s matches", p.at(d.Rule.Place), verb, what, d.match)
}

// at names a place, with its file when the profile has rules of several.
func (p *Profile) at(place Place) string {
	if p.oneFile && len(p.rules) > 0 && place.File == p.rules[0].File {
		return fmt.Sprintf("line %d", place.Line)
	}
	return fmt.Sprintf("%s:%d", place.File, place.Line)
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
}
