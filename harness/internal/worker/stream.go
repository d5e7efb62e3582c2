//go:build darwin || seatbelt_fake

package worker

import (
	"fmt"
	"os"
)

// stream keeps the beginning of what a process writes; the rest is read and
// dropped, so that it neither blocks the process nor fills the memory.
type stream struct {
	name    string
	r, w    *os.File
	done    chan struct{}
	kept    []byte
	dropped int
}

// streamLimit is how much of a stream is kept.
const streamLimit = 64 << 10

func streams() (stdout, stderr *stream, err error) {
	var both [2]*stream
	for i := range both {
		r, w, err := os.Pipe()
		if err != nil {
			if i > 0 {
				both[0].r.Close()
				both[0].w.Close()
			}
			return nil, nil, err
		}
		both[i] = &stream{name: []string{"stdout", "stderr"}[i], r: r, w: w, done: make(chan struct{})}
	}
	return both[0], both[1], nil
}

// read closes the end that is the process's and reads the other until its end.
func (s *stream) read() {
	s.w.Close()
	go func() {
		defer close(s.done)
		buf := make([]byte, 32<<10)
		for {
			n, err := s.r.Read(buf)
			keep := min(n, streamLimit-len(s.kept))
			s.kept = append(s.kept, buf[:keep]...)
			s.dropped += n - keep
			if err != nil {
				return
			}
		}
	}()
}

// note adds a line of the worker's own, once the stream is done.
func (s *stream) note(format string, args ...any) {
	if n := len(s.kept); n > 0 && s.kept[n-1] != '\n' {
		s.kept = append(s.kept, '\n')
	}
	s.kept = fmt.Appendf(s.kept, "rtgen: "+format+"\n", args...)
}

// text is what was kept, once the stream is done.
func (s *stream) text() string { return string(s.kept) }

// openPoller has the Go runtime open what it waits for streams with: it keeps that,
// and is not to be taken for one that left it behind.
func openPoller() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
}
