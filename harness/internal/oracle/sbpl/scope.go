package sbpl

import "github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"

type form = sbpl.Form

// scope is where names have a value: the whole program, or one run of a body.
type scope struct {
	file    string // that the forms evaluated in it stand in
	up      *scope // nil: program is what it has
	program map[string]value
	names   []binding
	level   int // how many suppositions deep it was made
}

type binding struct {
	name  string
	value value
}

// within makes a scope inside of one.
func (m *machine) within(up *scope) *scope {
	return &scope{file: up.file, up: up, level: m.level}
}

// find returns the scope that holds a name, nil when none does, and its value.
func (m *machine) find(s *scope, name string) (*scope, value) {
	for ; s != nil; s = s.up {
		m.passed += 1 + len(s.names)
		if v, ok := s.own(name); ok {
			m.search()
			return s, v
		}
	}
	m.search()
	return nil, nil
}

// search takes the names that were passed by in a search from the steps.
func (m *machine) search() {
	m.spend(m.passed / namesAStep)
	m.passed %= namesAStep
}

// own returns the value of a name of this scope.
func (s *scope) own(name string) (value, bool) {
	if s.up == nil {
		v, ok := s.program[name]
		return v, ok
	}
	for i := range s.names {
		if s.names[i].name == name {
			return s.names[i].value, true
		}
	}
	return nil, false
}

// put gives a name of this scope a value. In a supposition it is not known
// whether what was there before still holds, unless the scope was made in it.
func (m *machine) put(s *scope, name string, v value) {
	if s.level < m.level {
		v = &doubt{Doubt: *m.supposed, told: true}
	}
	m.passed += len(s.names)
	m.search()
	s.set(name, v)
}

func (s *scope) set(name string, v value) {
	if s.up == nil {
		s.program[name] = v
		return
	}
	for i := range s.names {
		if s.names[i].name == name {
			s.names[i].value = v
			return
		}
	}
	s.names = append(s.names, binding{name, v})
}
