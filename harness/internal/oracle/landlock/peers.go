package landlock

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/fixture"
)

// Peers is what is known of the other side of calls that reach a process or a
// socket.
type Peers struct {
	// Outside are processes of the asker's own that run under none of the
	// policy's layers.
	Outside []int
	// Listening are sockets of such processes that answer.
	Listening []Listener
	// Unique is a text that no name on the host holds but those in Listening;
	// empty: none is known.
	Unique string
}

// Listener is a socket that answers.
type Listener struct {
	Network string // "tcp", "mptcp", "udp", "unix" for a stream socket, "unixgram"
	Address string // "127.0.0.1:8443", a path, or "@name"
}

func (p Peers) answers(s Listener) bool { return slices.Contains(p.Listening, s) }

// nobody says for sure that no other socket has that name.
func (p Peers) nobody(name string) bool {
	return p.Unique != "" && strings.Contains(name, p.Unique)
}

// FixturePeers is the other side that a fixture would make. The spec is one
// that FromFixture took, and vars are those it was given.
func FixturePeers(spec fixture.Spec, vars map[string]string) (Peers, error) {
	p := Peers{Unique: vars[fixture.VarUnique]}
	if spec.Listen != "" {
		var s Listener
		var err error
		s.Network, s.Address = fixture.SplitListen(spec.Listen)
		if s.Address, err = fixture.Expand(s.Address, vars); err != nil {
			return Peers{}, fmt.Errorf("fixture listen: %w", err)
		}
		p.Listening = append(p.Listening, s)
	}
	if spec.Outside {
		pid, err := strconv.Atoi(vars[fixture.VarOutsidePID])
		if err != nil {
			return Peers{}, fmt.Errorf("fixture: variable %s: %w", fixture.VarOutsidePID, err)
		}
		p.Outside = append(p.Outside, pid)
	}
	return p, nil
}
