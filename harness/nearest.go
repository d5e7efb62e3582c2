package harness

import (
	"fmt"
	"strings"
)

// didYouMean suggests the known id that is fewest edits away from id, as
// ", did you mean …?", or nothing when none is near.
func didYouMean(id string, known []string) string {
	best, distance := "", len(id)/2+1
	for _, k := range known {
		if d := editDistance(strings.ToLower(id), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// editDistance counts the single-byte insertions, deletions and substitutions
// between a and b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
