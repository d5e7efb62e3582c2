package landlock

import (
	"strings"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// The networks of unix sockets, as Listener spells them.
const (
	unixStream   = "unix"
	unixDatagram = "unixgram"
)

// abstractSocket is hook_unix_stream_connect and hook_unix_may_send of
// security/landlock/task.c: a layer that scopes abstract sockets denies to
// reach one that was made under other layers. They are asked once the socket
// is found, so without one nothing is decided.
func (a *asker) abstractSocket() (Answer, error) {
	if !strings.HasPrefix(a.Target, "@") || len(a.Target) > 1+maxSunPath {
		return Answer{}, unknowable("target %q is no abstract name of at most %d bytes behind its @", a.Target, maxSunPath)
	}
	network := unixDatagram
	if a.variant == "connect" {
		network = unixStream
	}
	switch {
	case a.Peers.answers(Listener{network, a.Target}):
	case a.Peers.nobody(a.Target):
		return Answer{}, fails(econnrefused, "no %s socket has the name %s", network, a.Target)
	default:
		return Answer{}, unknowable("whether a %s socket has the name %s is not known", network, a.Target)
	}
	return a.d.limit("scope.abstract_unix_socket", "no layer scopes abstract unix sockets", scopes(sandbox.ScopeAbstractUnixSocket)), nil
}

// pathSocket reaches a unix socket by a path: unix_find_bsd of
// net/unix/af_unix.c. Landlock does not mediate it.
func (a *asker) pathSocket() (Answer, error) {
	if len(a.Target) > maxSunPath {
		return Answer{}, unknowable("a unix socket's path has at most %d bytes", maxSunPath)
	}
	at, err := a.object(true)
	if err != nil {
		return Answer{}, err
	}
	if err := a.permit(at, permWrite); err != nil {
		return Answer{}, err
	}
	if at.node.Kind != Socket {
		return Answer{}, fails(econnrefused, "%s is no socket", at.path)
	}
	want := unixDatagram
	if a.Op == "syscall.connect" {
		want = unixStream
	}
	for _, s := range a.Peers.Listening {
		if !strings.HasPrefix(s.Address, "/") {
			continue
		}
		switch other, err := a.w.locate(s.Address, true); {
		case err != nil || other.node.Inode != at.node.Inode:
		case s.Network != want:
			return Answer{}, fails(eprototype, "%s is a %s socket", at.path, s.Network)
		default:
			return a.free()
		}
	}
	return Answer{}, unknowable("whether anybody answers at %s is not known", at.path)
}
