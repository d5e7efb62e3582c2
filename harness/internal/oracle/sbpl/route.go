package sbpl

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// route is what the operation and the call of a question come to, whatever the
// target is. It is shared.
type route struct {
	operation string // as the kernel calls it
	name      string // of the call
	call      call
	direct    bool // the model does not know the call, only what is asked
	callout   bool // the kernel is asked and nothing is attempted
	kind      kind
	failed    string // why it comes to nothing
	aside     string // what an answer has to say of the call
}

// kind is what the target of a question is.
type kind uint8

const (
	ofObject kind = iota // has a name, or none
	ofFile
	ofNetwork
	ofProcess
)

// routes has the routes of the words that questions were put in. Questions are
// many and their words few; what is beyond mostRoutes is found again each time.
var (
	routes     sync.Map // of [2]string to *route
	routeCount atomic.Int32
)

const mostRoutes = 1000

func routeOf(operation, syscall string) *route {
	words := [2]string{operation, syscall}
	if r, ok := routes.Load(words); ok {
		return r.(*route)
	}
	r := newRoute(strings.TrimSpace(operation), strings.TrimSpace(syscall))
	if routeCount.Load() < mostRoutes {
		if _, there := routes.LoadOrStore(words, r); !there {
			routeCount.Add(1)
		}
	}
	return r
}

const secondPath = "%s has a second path, which the question does not give"

func newRoute(operation, name string) *route {
	operation = seatbelt.KernelName(operation)
	members := seatbelt.Members(operation)
	switch near := seatbelt.Nearest(operation); {
	case seatbelt.Known(operation):
	case near != "":
		return &route{failed: fmt.Sprintf("Seatbelt has no operation %q; did you mean %q?", operation, near)}
	default:
		return &route{failed: fmt.Sprintf("Seatbelt has no operation %q; name one, such as file-read*", operation)}
	}
	if strings.HasPrefix(operation, "default") || len(members) == 0 {
		return &route{failed: fmt.Sprintf("nothing is asked about %s; name an operation", operation)}
	}
	if name == "" {
		name = usual[operation]
	}
	r := &route{operation: operation, name: name}
	c, found := findCall(name)
	switch {
	case callKey(name) == "sandbox_check": // which takes a family at its word
		c, r.direct, r.callout = asks(operation), true, true
	case !found:
		c, r.direct = oneOf(members...), true
		if name != "" {
			r.aside = fmt.Sprintf("; the model does not know the call %.60q, and answers for any call that asks this", name)
		}
	}
	r.call = c
	if c.two && len(c.steps) == 0 {
		r.failed = fmt.Sprintf(secondPath, name)
		return r
	}
	var fits bool
	if r.call.steps, fits = c.narrow(operation); !fits {
		r.failed = fmt.Sprintf("%s does not ask about %s", name, operation)
		return r
	}
	switch {
	case r.all("file*", "process-exec*"):
		r.kind = ofFile
	case r.all("network*"):
		r.kind = ofNetwork
	case r.all("process-info-listpids"): // is of no process in particular
	case r.all("process-info*", "signal"):
		r.kind = ofProcess
	}
	return r
}

// all says that whatever is asked is of one of the families.
func (r *route) all(families ...string) bool {
	return !slices.ContainsFunc(slices.Concat(r.call.steps...), func(operation string) bool {
		return !slices.ContainsFunc(families, func(family string) bool { return seatbelt.Covers(family, operation) })
	})
}
