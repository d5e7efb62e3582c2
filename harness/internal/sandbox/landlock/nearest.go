package landlock

// nearest is the candidate a mistyped word most likely meant, or "" when none
// is close: at most a third of the word may differ.
func nearest(text string, candidates []string) string {
	best, bestDistance := "", len(text)/3+1
	for _, c := range candidates {
		if d := editDistance(text, c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// editDistance counts the bytes to insert, drop or replace (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
