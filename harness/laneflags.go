package harness

import "github.com/rtgen/rtgen/harness/internal/jsondoc"

// LaneFlags says which lanes a plan wants or a probe fits, as written: a lane
// that is not named is on.
type LaneFlags map[Lane]bool

// On reports whether lane is on.
func (f LaneFlags) On(lane Lane) bool {
	on, named := f[lane]
	return on || !named
}

func readLaneFlags(v jsondoc.Value) LaneFlags {
	o := v.Object()
	flags := make(LaneFlags, o.Len())
	for _, lane := range [...]Lane{LaneScenario, LaneBaseline, LaneOracle} {
		if on := o.Opt(string(lane)); on.Present() {
			flags[lane] = on.Bool()
		}
	}
	o.End()
	return flags
}
