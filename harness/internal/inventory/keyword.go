package inventory

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/parallel"
)

// maxText is how large a file may be that is looked through for keywords.
const maxText = 1 << 20

// Hits looks through the tree's text files for keywords, and gives each file
// that has some to the part of the tree with the longest matching path.
func (t *Tree) Hits(found *Found) (items []Item, others []Hit) {
	hits := make([]Hit, len(found.texts))
	faults := make([]error, len(found.texts))
	parallel.Each(len(hits), func(i int) {
		hits[i].Path = found.texts[i]
		hits[i].Keywords, faults[i] = t.keywords(found.texts[i])
	})
	for i, err := range faults {
		if err != nil {
			found.Findings = append(found.Findings, unreadable(found.texts[i], err))
		}
	}
	items, others = t.parts(), []Hit{}
	for _, hit := range hits {
		if len(hit.Keywords) == 0 {
			continue
		}
		if i := longest(items, hit.Path); i >= 0 {
			items[i].Files = append(items[i].Files, hit)
		} else {
			others = append(others, hit)
		}
	}
	return items, others
}

// keywords are those that a text file has. What is no text, too large, gone
// meanwhile or itself an inventory has none.
func (t *Tree) keywords(name string) ([]string, error) {
	data, err := t.read(name, maxText)
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, errNotRegular), errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case bytes.IndexByte(data, 0) >= 0, bytes.Contains(data[:min(len(data), 256)], []byte(`"`+Schema+`"`)):
		return nil, nil
	}
	var list []string
	for _, word := range Keywords() {
		if bytes.Contains(data, []byte(word)) {
			list = append(list, word)
		}
	}
	return list, nil
}

// parts are the curated parts that this tree has, with those of their paths
// that are there.
func (t *Tree) parts() []Item {
	items := []Item{}
	for _, item := range knownParts() {
		item.Paths = slices.DeleteFunc(item.Paths, func(p string) bool { return !t.Exists(p) })
		if item.Files = []Hit{}; len(item.Paths) > 0 {
			items = append(items, item)
		}
	}
	return items
}

// longest is the item with the longest path that name starts with; -1 when
// there is none.
func longest(items []Item, name string) int {
	best, at := -1, -1
	for i, item := range items {
		for _, p := range item.Paths {
			if strings.HasPrefix(name, p) && len(p) > best {
				best, at = len(p), i
			}
		}
	}
	return at
}
