package harness

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// mostKnown is how many ids a suggestion is looked for in. Among more it would
// take minutes to look for one for each of many wrong ids.
const mostKnown = 1000

// didYouMean suggests the known id that is nearest to id as ", did you mean
// …?", or nothing when none is near.
func didYouMean(id string, known []string) string {
	if len(known) > mostKnown {
		return ""
	}
	return suggest(nearest.Word(id, known))
}

// suggest phrases a suggestion; an empty one is none.
func suggest(word string) string {
	if word == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", word)
}
