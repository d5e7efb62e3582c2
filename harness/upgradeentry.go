package harness

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// upgradedEntry is a probe or a profile with every key that v0.2 asks for. What
// the old entry says stays as it is written there.
type upgradedEntry map[string]any

// keep takes over a value that is there; null stays null.
func (e upgradedEntry) keep(key string, v jsondoc.Value) {
	if v.Present() {
		e[key] = v.Raw()
	}
}

// texts takes over a list of strings. An absent one becomes fill.
func (e upgradedEntry) texts(key string, v jsondoc.Value, fill ...string) {
	switch {
	case !v.Present():
		e[key] = append([]string{}, fill...)
	case v.Kind() == jsondoc.Null:
		e[key] = []string{}
	default:
		v.Texts()
		e[key] = v.Raw()
	}
}

func upgradeProbe(key string, v jsondoc.Value) upgradedEntry {
	o, e := v.Object(), upgradedEntry{}
	id := o.Need("probe_id")
	readOwnID(key, id)
	e.keep("probe_id", id)
	name := o.Need("name")
	name.Text()
	e.keep("name", name)
	operation, target := o.Need("operation"), o.Need("target")
	primary, predicates := filled(operation.Text()), filled(target.Text())
	e.keep("operation", operation)
	e.keep("target", target)
	expected := o.Need("expected")
	jsondoc.Enum(expected, Allow, Deny)
	e.keep("expected", expected)

	e["supports_lanes"] = upgradeLanes(o.Opt("supports_lanes").OrNull())
	e.texts("expected_primary_ops", o.Opt("expected_primary_ops"), primary...)
	e.texts("expected_predicates", o.Opt("expected_predicates"), predicates...)
	e.texts("capabilities_required", o.Opt("capabilities_required"))
	controls := o.Opt("controls_supported").OrNull()
	for _, c := range controls.Items() {
		jsondoc.Enum(c, probeControls...)
	}
	e["controls_supported"] = []string{}
	e.keep("controls_supported", controls)

	for _, key := range []string{"expectation_id", "mode", "driver", "syscall", "attr_payload", "anchor_ctx_id", "filter_name"} {
		text := o.Opt(key)
		text.OrNull().Text()
		e.keep(key, text)
	}
	filter := o.Opt("filter_type")
	filter.OrNull().Int()
	e.keep("filter_type", filter)
	o.End()
	return e
}

// filled is what an absent list is filled with: nothing to go by is no item.
func filled(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// upgradeLanes names every lane: one that the old entry does not name is on.
// What is no lane is left out.
func upgradeLanes(v jsondoc.Value) map[Lane]bool {
	o, lanes := v.Object(), make(map[Lane]bool)
	for _, lane := range AllLanes() {
		on := o.Opt(string(lane))
		lanes[lane] = !on.Present() || on.Bool()
	}
	return lanes
}

func upgradeProfile(key string, v jsondoc.Value) upgradedEntry {
	o, e := v.Object(), upgradedEntry{}
	id := o.Need("profile_id")
	readOwnID(key, id)
	e.keep("profile_id", id)
	file := o.Need("profile_path")
	file.Text()
	e.keep("profile_path", file)
	mode := o.Need("mode")
	jsondoc.Enum(mode, ModeSBPL, ModeBlob)
	e.keep("mode", mode)
	e.texts("probe_refs", o.Need("probe_refs"))
	for _, key := range []string{"family", "semantic_group", "notes"} {
		text := o.Opt(key)
		text.OrNull().Text()
		e[key] = json.RawMessage("null")
		e.keep(key, text)
	}
	e.texts("key_specific_rules", o.Opt("key_specific_rules"))
	o.End()
	return e
}
