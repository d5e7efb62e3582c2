package landlock

import (
	"math"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/nearest"
)

func (v *tomlValue) present() bool { return v != nil }

func (v *tomlValue) line() int {
	if v == nil {
		return 0
	}
	return v.at
}

func (v *tomlValue) faultf(format string, args ...any) {
	if v != nil {
		v.doc.faults.Add(v.at, v.where, format, args...)
	}
}

// is reports whether the value is of kind k; one of another kind is a fault.
func (v *tomlValue) is(k jsondoc.Kind) bool {
	switch {
	case v == nil:
		return false
	case v.what != "":
		v.faultf("want %v, got %s", k, v.what)
		return false
	case v.kind != k:
		v.faultf("want %v, got %v", k, v.kind)
	}
	return v.kind == k
}

func (v *tomlValue) text() (string, bool) {
	if !v.is(jsondoc.String) {
		return "", false
	}
	return v.str, true
}

func (v *tomlValue) integer() (int, bool) {
	if !v.is(jsondoc.Number) {
		return 0, false
	}
	// Base 0 reads 0x, 0o, 0b and underscores, as TOML has them.
	n, err := strconv.ParseInt(v.str, 0, 64)
	if err != nil || n > math.MaxInt || n < math.MinInt {
		v.faultf("want an integer of at most 64 bits, got %s", v.str)
		return 0, false
	}
	return int(n), true
}

func (v *tomlValue) items() ([]node, bool) {
	if !v.is(jsondoc.Array) {
		return nil, false
	}
	var found []node
	for _, item := range v.list {
		found = append(found, item)
	}
	return found, true
}

func (v *tomlValue) table() (table, bool) {
	if !v.is(jsondoc.Object) {
		return v, false
	}
	return v, true
}

func (v *tomlValue) len() int { return len(v.members) }

func (v *tomlValue) opt(key string) node {
	v.asked = append(v.asked, key)
	i, ok := v.index[key]
	if !ok {
		return (*tomlValue)(nil)
	}
	v.members[i].asked = true
	return v.members[i].value
}

func (v *tomlValue) need(key string) node {
	found := v.opt(key)
	if !found.present() {
		v.faultf("key %q is missing; add it", key)
	}
	return found
}

func (v *tomlValue) end() {
	for _, m := range v.members {
		if m.asked {
			continue
		}
		if near := nearest.Within(m.key, v.asked, min(2, len(m.key)/2)); near != "" {
			m.value.faultf("unknown key; did you mean %q?", near)
		} else {
			m.value.faultf("unknown key; remove it, the keys here are %s", strings.Join(v.asked, ", "))
		}
	}
}
