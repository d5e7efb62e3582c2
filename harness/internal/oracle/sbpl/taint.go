package sbpl

import "github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"

// tainter finds what a form that cannot be run may change: whatever is assigned
// in it, and in the functions that it can lay hands on.
type tainter struct {
	m    *machine
	d    *Doubt
	seen map[value]bool
	left []value // to be looked into
}

// taint forgets the values of all names that a form may change.
func (m *machine) taint(f *form, s *scope, d *Doubt) {
	t := &tainter{m: m, d: d, seen: map[value]bool{}}
	t.form(f, s)
	for len(t.left) > 0 && m.spend(1) {
		v := t.left[len(t.left)-1]
		t.left = t.left[:len(t.left)-1]
		switch v := v.(type) {
		case *pair:
			t.look(v.car)
			t.look(v.cdr)
		case *closure:
			for i := range v.body {
				t.form(&v.body[i], v.in)
			}
		}
	}
}

// look notes a value in which there may be functions.
func (t *tainter) look(v value) {
	if (is[*pair](v) || is[*closure](v)) && !t.seen[v] {
		t.seen[v] = true
		t.left = append(t.left, v)
	}
}

func (t *tainter) form(f *form, s *scope) {
	if !t.m.spend(1) {
		return
	}
	if f.Kind == sbpl.Symbol {
		_, v := t.m.find(s, f.Text)
		t.look(v)
	}
	if name := assigned(f); name != "" {
		if in, _ := t.m.find(s, name); in != nil {
			in.set(name, &doubt{Doubt: *t.d, told: true})
		}
	}
	for i := range f.Items {
		t.form(&f.Items[i], s)
	}
}

// assigned is the name that a form gives a value; "" when it gives none.
func assigned(f *form) string {
	switch f.Head() {
	case "define", "define-once", "set!", "define-macro", "macro", "define-syntax":
		if len(f.Items) > 1 {
			if target := f.Items[1]; target.Kind == sbpl.Symbol {
				return target.Text
			} else if target.Kind == sbpl.List {
				return target.Head()
			}
		}
	}
	return ""
}
