package evidence

import (
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// writeFixtures lists the listeners network probes were given, scenario before
// baseline. A network probe that was given none is listed with null: that, too,
// is what it found.
func (d *derivation) writeFixtures(w *canon.Writer) {
	d.list(w, artifact.SchemaFixtures, "records", true)
	record := func(s *scenarioRow, o *Observation, lane Lane, id string) {
		if o == nil || o.Listener == nil && !isNetOp(o.Operation) {
			return
		}
		w.Value(&artifact.FixtureRecord{
			SchemaVersion: artifact.SchemaFixture,
			FixtureID:     fixtureID(o),
			Lane:          string(lane),
			ProfileID:     s.profile.ID,
			ProbeName:     s.probe.Name,
			ScenarioID:    id,
			Operation:     s.probe.Operation,
			Target:        s.probe.Target,
			Listener:      listener(o),
		})
	}
	d.each(func(s *scenarioRow) { record(s, s.scenario, LaneScenario, s.probe.ExpectationID) })
	d.each(func(s *scenarioRow) { record(s, s.baseline, LaneBaseline, baselineName(s)) })
	endList(w)
}

// fixtureID is the format's name for a TCP server on the loopback interface, and
// says of others that they are not that.
func fixtureID(o *Observation) string {
	if o.Listener != nil && o.Listener.Network != "" && o.Listener.Network != "tcp" {
		return o.Listener.Network + "_listener"
	}
	return "loopback_listener"
}

func isNetOp(operation string) bool {
	return operation == "network-outbound" || strings.HasPrefix(operation, "net.connect")
}
