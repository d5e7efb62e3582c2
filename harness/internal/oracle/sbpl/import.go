package sbpl

import (
	"fmt"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// imports is import. Of a profile that cannot be run the rules are not known.
func imports(c site, args []value) (value, error) {
	if d := c.m.inDoubt(args[0]); d != nil {
		return c.m.unrunnable(d, c.f, c.s), nil
	}
	v, err := c.importFile(args[0])
	if err != nil {
		return c.m.unrunnable(c.m.doubt(c.f, c.s, err.Error()), c.f, c.s), nil
	}
	return v, nil
}

// importFile runs another profile in place of the form that names it.
func (c site) importFile(name value) (value, error) {
	m := c.m
	called, err := text(name)
	if err != nil {
		return nil, err
	}
	if m.source.Import == nil {
		return nil, fmt.Errorf("there is nowhere to import %q from", short(called))
	}
	switch m.imports++; {
	case m.imports > maxImports:
		return nil, fmt.Errorf("it is more than %d imports", maxImports)
	case len(m.files) > maxNesting:
		return nil, fmt.Errorf("imports nest deeper than %d", maxNesting)
	}
	file, source, err := m.source.Import(c.s.file, called)
	switch {
	case err != nil:
		return nil, err
	case slices.Contains(m.files, file):
		return nil, fmt.Errorf("%s imports itself", short(file))
	case !m.grow(len(source)):
		return m.stopped, nil
	}
	forms, faults := sbpl.Read(source)
	if len(faults) > 0 {
		return nil, fmt.Errorf("%s:%s", short(file), faults[0])
	}
	m.files = append(m.files, file)
	quiet := m.quiet
	m.quiet = false
	m.run(file, forms)
	m.quiet = quiet
	m.files = m.files[:len(m.files)-1]
	return nowhere{}, nil
}
