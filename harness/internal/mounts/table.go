// Package mounts is the table of what is mounted where: it says at which path a
// descriptor's mount stands, and under which other path the same file can be
// had.
package mounts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Point is a line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
type Point struct {
	ID     uint64 // the kernel's own; another mount may have it once this one is gone
	Dev    string // of the file system: "major:minor"
	Root   string // the part of the file system that is shown, by its path in there
	Path   string // where it is mounted
	FSType string
}

// String is the mount for a message.
func (p *Point) String() string { return fmt.Sprintf("%q (%s %q)", p.Path, p.FSType, p.Root) }

// ParsePoint reads one line, without its end.
func ParsePoint(line string) (Point, bool) {
	fields := strings.Fields(line)
	dash := slices.Index(fields, "-")
	if dash < 6 || len(fields) < dash+2 {
		return Point{}, false
	}
	id, err := strconv.ParseUint(fields[0], 10, 64)
	root, ok1 := Unescape(fields[3])
	path, ok2 := Unescape(fields[4])
	return Point{ID: id, Dev: fields[2], Root: root, Path: path, FSType: fields[dash+1]}, err == nil && ok1 && ok2
}

// Unescape takes back the kernel's escapes, a backslash and three octal digits.
func Unescape(text string) (string, bool) {
	before, rest, found := strings.Cut(text, `\`)
	if !found {
		return text, true
	}
	var b strings.Builder
	for found {
		b.WriteString(before)
		if len(rest) < 3 {
			return "", false
		}
		c, err := strconv.ParseUint(rest[:3], 8, 8)
		if err != nil {
			return "", false
		}
		b.WriteByte(byte(c))
		before, rest, found = strings.Cut(rest[3:], `\`)
	}
	b.WriteString(before)
	return b.String(), true
}

// Parse reads a whole mountinfo. A line that is not understood is an error: what
// it says would be missing.
func Parse(text string) ([]Point, error) {
	var points []Point
	for line := range strings.Lines(text) {
		p, ok := ParsePoint(strings.TrimSuffix(line, "\n"))
		if !ok {
			return nil, fmt.Errorf("mountinfo has the line %q, which is not understood", line)
		}
		points = append(points, p)
	}
	return points, nil
}

// Below reports whether path is dir or lies in it. Both are absolute and plain.
func Below(path, dir string) bool {
	return dir == "/" || path == dir || strings.HasPrefix(path, dir) && path[len(dir)] == '/'
}

// below is what of path follows dir: empty, or with a slash before it.
func below(path, dir string) string {
	if dir == "/" {
		return strings.TrimSuffix(path, "/")
	}
	return path[len(dir):]
}

func join(dir, rest string) string {
	if dir == "/" && rest != "" {
		return rest
	}
	return dir + rest
}

// table is a mount table that is not going to change.
type table struct {
	points []Point
	byID   map[uint64]int
	// origins says for a bind mount which other mount shows what it shows, and
	// more: the index of that mount. Others are not in it.
	origins map[int]int
}

// removed ends the root of a mount whose folder has been removed since: no other
// path leads there.
const removed = "//deleted"

func newTable(points []Point) *table {
	t := &table{points: points, byID: make(map[uint64]int, len(points)), origins: map[int]int{}}
	byDev := map[string][]int{}
	for i := range points {
		t.byID[points[i].ID] = i
		byDev[points[i].Dev] = append(byDev[points[i].Dev], i)
	}
	for _, same := range byDev {
		for _, i := range same {
			if strings.HasSuffix(points[i].Root, removed) {
				continue
			}
			if o := origin(points, same, i); o != i {
				t.origins[i] = o
			}
		}
	}
	return t
}

// origin is the mount of the same file system, among these, that shows most of
// what mount i shows: its root is the shortest of those that hold i's root. Of
// two that show the same, the one that is listed first is older, as the kernel
// lists them.
func origin(points []Point, same []int, i int) int {
	best := i
	for _, j := range same {
		if !Below(points[i].Root, points[j].Root) {
			continue
		}
		if n, m := len(points[j].Root), len(points[best].Root); n < m || n == m && j < best {
			best = j
		}
	}
	return best
}

// elsewhere is the path by which the file at path, in mount i, can be had as
// well because mount i is a bind mount; empty when there is none to be reached.
func (t *table) elsewhere(i int, path string) string {
	o, bound := t.origins[i]
	if !bound || !Below(path, t.points[i].Path) {
		return ""
	}
	inside := join(t.points[i].Root, below(path, t.points[i].Path)) // in the file system
	other := join(t.points[o].Path, below(inside, t.points[o].Root))
	if other == path || t.over(other) != o {
		return "" // something is mounted above it
	}
	return other
}

// over is the mount that a path is in: the last one on the deepest point above.
func (t *table) over(path string) int {
	best := -1
	for i := range t.points {
		if Below(path, t.points[i].Path) && (best < 0 || len(t.points[i].Path) >= len(t.points[best].Path)) {
			best = i
		}
	}
	return best
}
