package sbpl

import (
	"bytes"
	"strings"
)

// reached is what a path leads to.
type reached struct {
	path  string   // the object's own; empty: none is reached
	links []string // the own path of each symlink that was followed, in order
	link  bool     // the object is a symlink that was not followed
	// failed is why nothing is known of the object: half a sentence.
	failed string
}

// The limits of the kernel (sys/param.h and sys/syslimits.h of XNU).
const (
	maxLinks = 32
	maxPath  = 1023
	maxName  = 255
)

// walk follows an absolute path as the kernel does, component by component. A
// symlink at its end is followed when the caller wants it, or has a slash
// behind it. Firmlinks lead on without anything being asked.
func (w *World) walk(path string, follow bool) reached {
	var r reached
	if len(path) > maxPath {
		r.failed = "the path is longer than the kernel takes"
		return r
	}
	room := make([]byte, 2*(len(path)+16))
	at := room[: 0 : len(path)+16] // without a slash at its end
	low := room[len(path)+16:][:0] // the same, folded
	to := func(path string) { at, low = append(at[:0], path...), appendFold(low[:0], path) }
	for rest := path; ; {
		trimmed := strings.TrimLeft(rest, "/")
		if trimmed == "" {
			break
		}
		name, behind, more := strings.Cut(trimmed, "/")
		rest = behind
		if name == "." {
			continue
		}
		if name == ".." {
			at, low = parent(at), parent(low)
			continue
		}
		if r.failed = unwalkable(low, name); r.failed != "" {
			return r
		}
		at, low = append(append(at, '/'), name...), appendFold(append(low, '/'), name)
		if path, ok := w.firmlinks[string(low)]; ok {
			to(path)
		}
		link, ok := w.links[string(low)]
		if !ok {
			continue
		}
		to(link.path)
		if !more && !follow {
			r.link = true
			break
		}
		if len(r.links) == maxLinks {
			r.failed = "it leads through more than 32 symlinks, which no sandbox decides (ELOOP)"
			return r
		}
		r.links = append(r.links, link.path)
		at, low = parent(at), parent(low)
		if strings.HasPrefix(link.text, "/") {
			to("")
		}
		// The end of the text is the path's end where nothing stands behind the link.
		rest = link.text
		if more {
			rest += "/" + behind
		}
		if len(rest) > maxPath {
			r.failed = "a symlink makes it longer than the kernel takes"
			return r
		}
	}
	r.path = string(at)
	if r.path == "" {
		r.path = "/"
	}
	return r
}

// parent cuts the last name off.
func parent(path []byte) []byte { return path[:max(0, bytes.LastIndexByte(path, '/'))] }

func appendFold(b []byte, text string) []byte {
	for i := range len(text) {
		c := text[i]
		if c >= 0x80 {
			return append(b, fold(text[i:])...)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// unwalkable says why the model cannot tell what a name in a folder is.
func unwalkable(folder []byte, name string) string {
	switch {
	case len(name) > maxName:
		return "a name in it is longer than the kernel takes"
	case name == "..namedfork":
		return "the model does not know what forks a file has"
	}
	switch string(folder) {
	case "/.vol", "/.nofollow", "/.resolve", "/.file":
		return "the model does not know what " + string(folder) + " leads to"
	case "/dev/fd":
		return noDescriptors
	case "/dev":
		if name == "stdin" || name == "stdout" || name == "stderr" {
			return noDescriptors
		}
	}
	return ""
}

const noDescriptors = "the model does not know what descriptors the process has"
