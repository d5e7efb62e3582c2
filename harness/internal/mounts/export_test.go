package mounts

// At looks up a mount in the text of a table.
func At(text string, id uint64, path string) (Mount, error) {
	points, err := Parse(text)
	if err != nil {
		return Mount{}, err
	}
	return newTable(points).of(id, path)
}
