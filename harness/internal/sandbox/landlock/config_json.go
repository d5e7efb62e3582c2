package landlock

import (
	"math"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// readJSON reads the JSON syntax of the format, as the project's
// schema/landlockconfig.json (landlock-lsm/landlockconfig) has it: no other
// key anywhere, "$schema" included, and no empty array. Words may stand twice.
func readJSON(data []byte, faults *jsondoc.Faults) (s source) {
	root := jsondoc.Parse(data, maxText, faults)
	o := root.Object()
	abi, variables, rulesets, paths, ports := o.Opt("abi"), o.Opt("variable"), o.Opt("ruleset"), o.Opt("pathBeneath"), o.Opt("netPort")
	o.End()
	if root.Kind() == jsondoc.Object && !variables.Present() && !rulesets.Present() && !paths.Present() && !ports.Present() {
		root.Faultf("empty configuration; want ruleset, pathBeneath, netPort or variable")
	}

	if abi.Present() {
		before := len(*faults)
		s.abi = abi.Int()
		if len(*faults) == before && (s.abi < 1 || s.abi > math.MaxInt32) {
			abi.Faultf("want a Landlock ABI version from 1, got %d", s.abi)
		}
		s.abiFaulty = len(*faults) > before
	}
	for _, v := range items(variables) {
		o := v.Object()
		name, ok := oneWord(o.Need("name"))
		literals := words(o.Opt("literal"))
		if ok {
			s.variables = append(s.variables, sourceVariable{name: name, literals: literals})
		}
		o.End()
	}
	for _, v := range items(rulesets) {
		o := v.Object()
		s.rulesets = append(s.rulesets, sourceRuleset{
			fs:     words(o.Opt("handledAccessFs")),
			net:    words(o.Opt("handledAccessNet")),
			scoped: words(o.Opt("scoped")),
		})
		if v.Kind() == jsondoc.Object && o.Len() == 0 {
			v.Faultf("empty ruleset; want handledAccessFs, handledAccessNet or scoped")
		}
		o.End()
	}
	for _, v := range items(paths) {
		o := v.Object()
		s.paths = append(s.paths, sourcePath{
			access:  words(o.Need("allowedAccess")),
			parents: words(o.Need("parent")),
		})
		o.End()
	}
	for _, v := range items(ports) {
		o := v.Object()
		port := sourcePort{access: words(o.Need("allowedAccess"))}
		for _, v := range items(o.Need("port")) {
			before := len(*faults)
			n := v.Int()
			if len(*faults) == before {
				port.ports = append(port.ports, number{value: n, line: v.Line(), faultf: v.Faultf})
			}
		}
		s.ports = append(s.ports, port)
		o.End()
	}
	return s
}

// items reads an array that may be absent and may not be empty.
func items(v jsondoc.Value) []jsondoc.Value {
	list := v.Items()
	if v.Kind() == jsondoc.Array && len(list) == 0 {
		v.Faultf("empty array; add an item or remove the key")
	}
	return list
}

func words(v jsondoc.Value) []word {
	var list []word
	for _, item := range items(v) {
		if w, ok := oneWord(item); ok {
			list = append(list, w)
		}
	}
	return list
}

func oneWord(v jsondoc.Value) (word, bool) {
	return word{text: v.Text(), line: v.Line(), faultf: v.Faultf}, v.Kind() == jsondoc.String
}
