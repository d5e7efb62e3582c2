package sbpl

import (
	"strings"
	"unicode/utf8"
)

// key is what an object's key must be for a filter to match, or not to be sure.
type key struct {
	reach reach
	text  string
}

type reach uint8

const (
	exactly reach = iota // the text
	below                // the text, or a path below it
	from                 // begins with the text
	holding              // has the text in it
)

// mostPart is how much is used of the text that a key must have in it: the more
// lengths there are, the more lookups.
const mostPart = 12

// keysOf returns the keys of a filter that has no others in it: each of them is
// one that all objects have which it may match. None: it may match anything.
func keysOf(f Filter) []key {
	switch f := f.(type) {
	case *literal:
		return f.keys()
	case *subpath:
		return f.keys()
	case *prefix:
		return f.keys()
	case *regexFilter:
		var keys []key
		if f.head != "" {
			keys = append(keys, key{from, f.head})
		}
		if f.within != "" {
			keys = append(keys, key{holding, f.within[max(0, len(f.within)-mostPart):]})
		}
		return keys
	case *nameFilter:
		return f.keys()
	}
	return nil
}

// keys of a text that ends inside of a character are none: folded, it is not
// what the paths begin with.
func (f *pathFilter) keys() []key {
	text := f.key
	if f.reach == below {
		text = strings.TrimRight(text, "/")
	}
	if !utf8.ValidString(f.text) {
		return nil
	}
	return []key{{f.reach, text}}
}

// keys of a filter that may be unsure of any name are none.
func (f *nameFilter) keys() []key {
	if f.space == "ipc-posix-name" || strings.HasPrefix(f.space, "iokit-") {
		return nil
	}
	if f.how == byValue {
		return []key{{exactly, nameKey(f.space, f.value)}}
	}
	return []key{{from, nameKey(f.space, f.head)}}
}

// chooser chooses the keys that rules are found by: those that few have.
type chooser struct {
	counts   map[key]int
	excluded map[key]int // of the filters in require-not
}

// count takes note of the keys of a filter and of those in it.
func (c *chooser) count(f Filter) {
	switch f := f.(type) {
	case *anyOf:
		for _, one := range f.filters {
			c.count(one)
		}
	case *allOf:
		for _, one := range f.filters {
			c.count(one)
		}
	case *negation:
		for _, filter := range plain(f.filter) {
			c.excluded[filter.sureKey()]++
		}
	default:
		for _, k := range keysOf(f) {
			c.counts[k]++
		}
	}
}

// choose returns the keys, one of which every object has that the filter may
// match, and how many rules have the most common of them. ok is false when it
// may match anything.
func (c *chooser) choose(f Filter) (keys []key, cost int, ok bool) {
	switch f := f.(type) {
	case *anyOf:
		for _, one := range f.filters {
			more, n, ok := c.choose(one)
			if !ok {
				return nil, 0, false
			}
			keys, cost = append(keys, more...), max(cost, n)
		}
		return keys, cost, true
	case *allOf:
		for _, one := range f.filters {
			if more, n, found := c.choose(one); found && (!ok || n < cost) {
				keys, cost, ok = more, n, true
			}
		}
		return keys, cost, ok
	}
	for _, k := range keysOf(f) {
		if n := c.counts[k]; !ok || n < cost {
			keys, cost, ok = []key{k}, n, true
		}
	}
	return keys, cost, ok
}

// exclude returns a filter for which the other does not match where it does,
// the most common there is; nil: there is none.
func (c *chooser) exclude(f Filter) (best *pathFilter, bestKey key) {
	switch f := f.(type) {
	case *negation:
		for _, filter := range plain(f.filter) {
			if k := filter.sureKey(); best == nil || c.excluded[k] > c.excluded[bestKey] {
				best, bestKey = filter, k
			}
		}
	case *allOf:
		for _, one := range f.filters {
			if filter, k := c.exclude(one); filter != nil && (best == nil || c.excluded[k] > c.excluded[bestKey]) {
				best, bestKey = filter, k
			}
		}
	}
	return best, bestKey
}

// plain returns comparisons of paths, each of which is enough for the filter to
// match.
func plain(f Filter) []*pathFilter {
	switch f := f.(type) {
	case *literal:
		return []*pathFilter{&f.pathFilter}
	case *subpath:
		return []*pathFilter{&f.pathFilter}
	case *prefix:
		return []*pathFilter{&f.pathFilter}
	case *anyOf:
		var all []*pathFilter
		for _, one := range f.filters {
			all = append(all, plain(one)...)
		}
		return all
	}
	return nil
}

// sureKey tells filters apart by what they match for sure.
func (f *pathFilter) sureKey() key { return key{f.reach, f.text} }
