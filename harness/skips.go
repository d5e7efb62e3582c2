package harness

// Skip is why specs of a lane were skipped: nothing was observed, or predicted,
// for this many scenarios.
type Skip struct {
	Lane    Lane    `json:"lane"`
	Outcome Outcome `json:"outcome"` // Blocked or Unsupported
	Kind    string  `json:"kind"`
	Reason  string  `json:"reason"`
	Count   int     `json:"count"`
}

// skipsOf counts the skips of each reason, in the order they were first met.
func skipsOf(observations []Observation) []Skip {
	var skips []Skip
	at := make(map[Skip]int)
	for i := range observations {
		obs := &observations[i]
		if obs.Outcome != Blocked && obs.Outcome != Unsupported {
			continue
		}
		key := Skip{Lane: obs.Lane, Outcome: obs.Outcome, Kind: obs.FailureKind, Reason: obs.Reason}
		n, known := at[key]
		if !known {
			n = len(skips)
			at[key] = n
			skips = append(skips, key)
		}
		skips[n].Count++
	}
	return skips
}

// noEngine says why no scenario could be observed when each of them wants an
// engine that this host does not have; empty when one could.
func noEngine(observations []Observation) string {
	why := ""
	for i := range observations {
		obs := &observations[i]
		switch {
		case obs.Lane != LaneScenario:
		case obs.FailureKind != kindNoEngine:
			return ""
		case why == "":
			why = obs.Reason
		}
	}
	return why
}
