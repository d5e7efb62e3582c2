package landlock

// LayersHere is layersHere, for tests that restrict the thread first.
var LayersHere = layersHere

// Sightings is sightings, for the table of what the canary concludes.
func Sightings(grantedBefore, withheldBefore, apply, grantedAfter, withheldAfter error) error {
	return sightings{grantedBefore, withheldBefore, apply, grantedAfter, withheldAfter}.judge()
}

// FlagsOf is what Options make of a layer's flags.
func FlagsOf(o Options, layer RestrictFlags, abi int) RestrictFlags { return o.flags(layer, abi) }
