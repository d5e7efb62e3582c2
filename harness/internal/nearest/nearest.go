// Package nearest finds the word a mistyped one most likely meant.
package nearest

import (
	"fmt"
	"strings"
)

// Word is the known word that is fewest edits away from text, if that is near
// enough to be meant: at most a third of its bytes, and at least one, may
// differ. Case does not count. It is "" when none is near.
func Word(text string, known []string) string {
	return Within(text, known, max(1, len(text)/3))
}

// Meant phrases a suggestion as ", did you mean …?"; an empty word is none.
func Meant(word string) string {
	if word == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", word)
}

// Within is Word with a limit on the edits.
func Within(text string, known []string, edits int) string {
	if text == "" {
		return ""
	}
	best, limit := "", edits+1
	text = strings.ToLower(text)
	for _, k := range known {
		if d := distance(text, strings.ToLower(k), limit); d < limit {
			best, limit = k, d
		}
	}
	return best
}

// distance is the number of bytes to insert, drop or replace between a and b
// (Levenshtein), or limit if that is less.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return min(row[len(b)], limit)
}
