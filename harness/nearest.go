package harness

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// didYouMean suggests the known id that is nearest to id as ", did you mean
// …?", or nothing when none is near.
func didYouMean(id string, known []string) string { return suggest(nearest.Word(id, known)) }

// suggest phrases a suggestion; an empty one is none.
func suggest(word string) string {
	if word == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", word)
}
