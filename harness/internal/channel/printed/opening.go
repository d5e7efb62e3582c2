// Package printed keeps what a program prints, within bounds.
package printed

import (
	"bytes"
	"strings"
	"sync"
)

// Opening keeps the first bytes written to it: a crash says what it is in its
// first lines, and a chatty program must not fill memory.
type Opening struct {
	Limit int

	mu  sync.Mutex
	buf bytes.Buffer
	cut bool
}

// Write takes everything, and drops what is beyond the limit.
func (o *Opening) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	room := max(o.Limit-o.buf.Len(), 0)
	o.buf.Write(p[:min(room, len(p))])
	o.cut = o.cut || len(p) > room
	return len(p), nil
}

// String is what was kept, as valid UTF-8. It says when something was dropped.
func (o *Opening) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := strings.ToValidUTF8(o.buf.String(), "\uFFFD")
	if o.cut {
		text += "…\n"
	}
	return text
}

// FirstLine is FirstLine of what was kept.
func (o *Opening) FirstLine() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return FirstLine(o.buf.Bytes())
}

// FirstLine is the first line that is not empty: a Go panic or a loader's
// complaint names its cause there.
func FirstLine(text []byte) string {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return string(line)
		}
	}
	return ""
}
