package harness

import "github.com/rtgen/rtgen/harness/internal/nearest"

// mostKnown is how many ids a suggestion is looked for in. Among more it would
// take minutes to look for one for each of many wrong ids.
const mostKnown = 1000

// didYouMean suggests the known id that is nearest to id as ", did you mean
// …?", or nothing when none is near.
func didYouMean(id string, known []string) string {
	if len(known) > mostKnown {
		return ""
	}
	return nearest.Meant(nearest.Word(id, known))
}

// idsOf are the ids to look for a suggestion in; none when there are too many.
func idsOf[E any](entries []E, id func(E) string) []string {
	if len(entries) > mostKnown {
		return nil
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = id(e)
	}
	return ids
}
