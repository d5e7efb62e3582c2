package analysis

import (
	"maps"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// EventsIndex is events_index.json: where each scenario's observations lie.
type EventsIndex struct {
	Meta   Meta                       `json:"meta"`
	Traces artifact.Ordered[[]string] `json:"traces"` // by scenario; each path once
}

// Indexes is runtime_indexes.json.
type Indexes struct {
	Meta             Meta                       `json:"meta"`
	OpToScenarios    artifact.Ordered[[]string] `json:"op_to_scenarios"` // sorted; by what was expected, not by what was seen
	ScenarioToTraces artifact.Ordered[[]string] `json:"scenario_to_traces"`
}

// writeIndex writes the EventsIndex.
func (c *CutWriter) writeIndex(file string) error {
	return writeDocument(file, func(w *artifact.Writer) {
		w.BeginObject()
		w.Key("meta")
		w.Value(c.meta)
		w.Key("traces")
		c.writeTraces(w)
		w.End()
	})
}

// writeIndexes writes the Indexes.
func (c *CutWriter) writeIndexes(file string) error {
	scenarios := c.scenarios.byOperation()
	return writeDocument(file, func(w *artifact.Writer) {
		w.BeginObject()
		w.Key("meta")
		w.Value(c.meta)
		w.Key("op_to_scenarios")
		w.BeginObject()
		for _, op := range slices.Sorted(maps.Keys(scenarios)) {
			w.Key(op)
			w.Value(scenarios[op])
		}
		w.End()
		w.Key("scenario_to_traces")
		c.writeTraces(w)
		w.End()
	})
}

func (c *CutWriter) writeTraces(w *artifact.Writer) {
	w.BeginObject()
	for _, s := range c.scenarios.list {
		w.Key(s.ScenarioID)
		w.Value([]string{c.place(TracesFolder + "/" + s.trace)})
	}
	w.End()
}
