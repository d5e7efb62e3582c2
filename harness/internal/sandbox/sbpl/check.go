package sbpl

import (
	"fmt"
	"strings"
)

// Check tells what is wrong with the forms of a profile as far as their shape
// shows it. known tells whether Seatbelt has an operation, nearest which one a
// mistyped name most likely means ("": none).
func Check(forms []Form, known func(string) bool, nearest func(string) string) []Fault {
	c := checker{known: known, nearest: nearest, bound: map[string]bool{}}
	if len(forms) == 0 {
		c.faults.add(Position{1, 1}, CodeVersion, "empty; begin with (version 1) and say the default, such as (deny default)")
		return c.faults
	}
	c.version(forms)
	for _, f := range forms {
		c.bind(f)
	}
	for _, f := range forms {
		switch {
		case c.faults.full():
			return c.faults
		case f.Kind != List:
			c.faults.add(f.Position, CodeForm, "%s does nothing here; remove it, or put it in the rule it belongs to", brief(f))
		case len(f.Items) == 0:
			c.faults.add(f.Position, CodeForm, "() does nothing here; remove it")
		}
		c.rules(f)
	}
	return c.faults
}

type checker struct {
	known   func(string) bool
	nearest func(string) string
	bound   map[string]bool // the names that the profile gives a meaning
	imports bool            // another profile may give more
	faults  faults
}

func (c *checker) version(forms []Form) {
	found := false
	for i, f := range forms {
		if f.Head() != "version" {
			continue
		}
		if i > 0 && !found {
			c.faults.put(Fault{
				Position: f.Position, Code: CodeVersion, Warning: true,
				Msg: brief(f) + " comes behind other forms; put it first",
			})
		}
		found = true
		if len(f.Items) == 2 {
			if n, ok := f.Items[1].Int(); ok && n > 0 {
				continue
			}
		}
		c.faults.add(f.Position, CodeVersion, "%s has no version; write (version 1)", brief(f))
	}
	if !found {
		c.faults.add(forms[0].Position, CodeVersion, "no (version N); begin with (version 1)")
	}
}

// bind collects the names that a form and those in it define. Where each holds
// is not looked at: the name of an operation is not mistyped into one of them.
func (c *checker) bind(f Form) {
	if len(f.Items) > 1 {
		switch second := f.Items[1]; f.Head() {
		case "define", "define-once", "lambda", "macro", "set!":
			c.bindAll(second)
		case "let", "let*", "letrec", "do":
			c.bindAll(second)
			if second.Kind == Symbol && len(f.Items) > 2 {
				c.bindAll(f.Items[2]) // a loop with a name
			}
		case "import", "load":
			c.imports = true
		}
	}
	for _, item := range f.Items {
		c.bind(item)
	}
}

// bindAll binds a symbol, those of a list, and the first of each list in it.
func (c *checker) bindAll(f Form) {
	if f.Kind == Symbol {
		c.bound[f.Text] = true
	}
	if f.Kind != List {
		return
	}
	for _, item := range f.Items {
		if head := item.Head(); head != "" {
			c.bound[head] = true
		} else if item.Kind == Symbol {
			c.bound[item.Text] = true
		}
	}
}

// rules looks at the rules in a form, wherever it nests them.
func (c *checker) rules(f Form) {
	head := f.Head()
	if f.Kind != List || head == "quote" || head == "quasiquote" || c.faults.full() {
		return
	}
	if (head == "allow" || head == "deny") && !c.bound[head] {
		c.rule(f)
	}
	for _, item := range f.Items {
		c.rules(item)
	}
}

func (c *checker) rule(f Form) {
	named := false
	for _, item := range f.Items[1:] {
		if item.Kind != Symbol {
			continue
		}
		named = true
		if name := item.Text; !c.faults.full() && !c.known(name) && !c.bound[name] {
			c.unknown(item)
		}
	}
	if !named {
		c.faults.add(f.Position, CodeOperation, "%s names no operation; add one such as file-read*, or default", brief(f))
	}
}

func (c *checker) unknown(f Form) {
	fix := "name an operation, such as file-read*, or define it"
	if near := c.nearest(f.Text); near != "" {
		fix = fmt.Sprintf("did you mean %q?", near)
	}
	if c.imports {
		fix = "unless an imported profile defines it: " + fix
	}
	c.faults.put(Fault{
		Position: f.Position, Code: CodeOperation, Warning: c.imports,
		Msg: fmt.Sprintf("Seatbelt has no operation %s; %s", brief(f), fix),
	})
}

// mostShown is how many bytes of a form a message shows, about.
const mostShown = 60

// brief is a form as a message shows it.
func brief(f Form) string { return f.Brief(mostShown) }

// shorten gives a text as a message shows it.
func shorten(text string) string { return oneLine(text, mostShown) }

// DenyDefault reports whether a profile that consists of the text and of the
// rules added to it denies what it does not name, as far as its words show: the
// text has (deny default), or a rule begins so.
func DenyDefault(text string, rules []string) bool {
	if strings.Contains(text, "(deny default)") {
		return true
	}
	for _, rule := range rules {
		if strings.HasPrefix(strings.TrimSpace(rule), "(deny default") {
			return true
		}
	}
	return false
}
