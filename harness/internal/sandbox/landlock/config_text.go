package landlock

import "math"

// node is one value of a profile text, whatever its syntax. A node that is
// absent reads as zero and reports nothing; one of another kind than asked for
// is a fault.
type node interface {
	present() bool
	line() int
	faultf(format string, args ...any)
	text() (string, bool)
	integer() (int, bool)
	items() ([]node, bool)
	table() (table, bool)
}

// table is the members of a node. end reports those nobody asked for.
type table interface {
	opt(key string) node
	need(key string) node
	len() int
	end()
}

// spelling is the keys that are not the same in every syntax.
type spelling struct {
	pathBeneath, netPort, allowedAccess string
	handledFS, handledNet               string
}

// readText reads the sections of the format as the project's
// schema/landlockconfig.json (landlock-lsm/landlockconfig) has them: no other
// key anywhere, and no empty array. Words may stand twice.
func readText(root node, key spelling) (s source) {
	o, ok := root.table()
	if !ok {
		return s
	}
	abi, variables, rulesets, paths, ports := o.opt("abi"), o.opt("variable"), o.opt("ruleset"), o.opt(key.pathBeneath), o.opt(key.netPort)
	o.end()
	if !variables.present() && !rulesets.present() && !paths.present() && !ports.present() {
		root.faultf("empty configuration; want ruleset, %s, %s or variable", key.pathBeneath, key.netPort)
	}
	if abi.present() {
		n, ok := abi.integer()
		if ok && (n < 1 || n > math.MaxInt32) {
			abi.faultf("want a Landlock ABI version from 1, got %d", n)
			ok = false
		}
		s.abi, s.abiLine, s.abiFaulty = n, abi.line(), !ok
	}
	for _, v := range list(variables) {
		if o, ok := v.table(); ok {
			name, known := oneWord(o.need("name"))
			literals := words(o.opt("literal"))
			if known {
				s.variables = append(s.variables, sourceVariable{name: name, literals: literals})
			}
			o.end()
		}
	}
	for _, v := range list(rulesets) {
		if o, ok := v.table(); ok {
			s.rulesets = append(s.rulesets, sourceRuleset{
				line:   v.line(),
				fs:     words(o.opt(key.handledFS)),
				net:    words(o.opt(key.handledNet)),
				scoped: words(o.opt("scoped")),
			})
			if o.len() == 0 {
				v.faultf("empty ruleset; want %s, %s or scoped", key.handledFS, key.handledNet)
			}
			o.end()
		}
	}
	for _, v := range list(paths) {
		if o, ok := v.table(); ok {
			s.paths = append(s.paths, sourcePath{
				access:  words(o.need(key.allowedAccess)),
				parents: words(o.need("parent")),
			})
			o.end()
		}
	}
	for _, v := range list(ports) {
		if o, ok := v.table(); ok {
			port := sourcePort{access: words(o.need(key.allowedAccess))}
			for _, v := range list(o.need("port")) {
				if n, ok := v.integer(); ok {
					port.ports = append(port.ports, number{value: n, line: v.line(), faultf: v.faultf})
				}
			}
			s.ports = append(s.ports, port)
			o.end()
		}
	}
	return s
}

// list reads an array that may be absent and may not be empty.
func list(v node) []node {
	items, ok := v.items()
	if ok && len(items) == 0 {
		v.faultf("empty array; add an item or remove the key")
	}
	return items
}

func words(v node) []word {
	var found []word
	for _, item := range list(v) {
		if w, ok := oneWord(item); ok {
			found = append(found, w)
		}
	}
	return found
}

func oneWord(v node) (word, bool) {
	text, ok := v.text()
	return word{text: text, line: v.line(), faultf: v.faultf}, ok
}
