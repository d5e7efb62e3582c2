package sbpl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// plan is what a question comes to, before any rule is looked at.
type plan struct {
	checks   []pending
	resolved string
	// failed is why what comes behind the checks is not known; half a sentence.
	failed string
	// second says that allowed checks are not enough: the call has another path.
	second string
	aside  string // what an answer has to say of the call
}

// pending is a check to be decided. Of several operations, one is asked.
type pending struct {
	operations []string
	name       string // of the check: the operation, or what was asked about
	target     string
	subject    subject
}

// What is asked beside the call itself.
var (
	readMetadata = []string{"file-read-metadata"} // of a symlink on the way
	readData     = []string{"file-read-data"}     // of a folder that is opened first
)

func failed(format string, args ...any) plan { return plan{failed: fmt.Sprintf(format, args...)} }

// plan finds the checks that a question comes to.
func (q *Question) plan() plan {
	r := routeOf(q.Operation, q.Syscall)
	switch {
	case r.failed != "":
		return plan{failed: r.failed}
	case strings.IndexByte(q.Target, 0) >= 0:
		return failed("the target has a NUL byte, which no call takes")
	}
	t := tracer{q: q, route: r, plan: plan{aside: r.aside}}
	switch r.kind {
	case ofFile:
		return t.file("")
	case ofNetwork:
		return t.network()
	case ofProcess:
		return t.process()
	}
	return t.object()
}

// tracer makes the plan of a question.
type tracer struct {
	q *Question
	*route
	plan plan
}

// ask adds the checks of the call itself.
func (t *tracer) ask(target string, s subject) plan {
	for _, step := range t.call.steps {
		name := step[0]
		if len(step) > 1 {
			name = t.operation
		}
		t.plan.checks = append(t.plan.checks, pending{step, name, target, s})
	}
	t.plan.resolved = target
	if t.call.two {
		t.plan.second = fmt.Sprintf(secondPath, t.name)
	}
	return t.plan
}

// file walks to the target. side is the end of a connection that a socket is.
func (t *tracer) file(side string) plan {
	w := t.q.World
	if w == nil {
		w = MacOS()
	}
	if name := t.q.FilterName; name != "" && name != "path" {
		return failed("%s is not asked about by %s; leave the name of the filter out", t.operation, name)
	}
	target := t.q.Target
	absolute := strings.HasPrefix(target, "/")
	switch {
	case target == "":
		return failed("the target is empty; give a path from /")
	case !absolute && !t.call.root:
		return failed("the target %q is relative to a folder that the question does not give; give an absolute path", target)
	case !absolute:
		target = "/" + target
	case t.call.leaf:
		folder, leaf := splitLeaf(target)
		if leaf == "" || leaf == "." || leaf == ".." {
			return failed("the target %q has no last name to be opened in its folder; give the path of a file", target)
		}
		r := w.walk(folder, true)
		if t.followed(r); r.failed != "" {
			return t.plan
		}
		t.plan.checks = append(t.plan.checks, pending{readData, readData[0], r.path, pathSubject(r.path, "DIRECTORY")})
		target = strings.TrimSuffix(r.path, "/") + "/" + leaf
	}
	r := w.walk(target, !t.call.nofollow && !t.direct)
	if t.callout && r.path != target {
		return failed("the model does not know what sandbox_check makes of %q; give the path of the object itself", t.q.Target)
	}
	if t.followed(r); r.failed != "" {
		return t.plan
	}
	if r.link && t.direct {
		t.plan.failed = fmt.Sprintf("%s is a symlink, and the model does not know whether it is followed; name the call", r.path)
		return t.plan
	}
	vnode := ""
	if r.link {
		vnode = "SYMLINK"
	}
	s := pathSubject(r.path, vnode)
	s.side = side
	if t.call.volume {
		s = subject{opaque: volumeRoot}
	}
	return t.ask(r.path, s)
}

// What filters see of an object, and the model does not know.
const (
	noFilters  = "the model does not know what filters there are of this operation"
	volumeRoot = "the call asks about the root of the target's volume, and the model knows no volumes"
)

// followed adds the checks of the symlinks on the way.
func (t *tracer) followed(r reached) {
	for _, link := range r.links {
		t.plan.checks = append(t.plan.checks, pending{readMetadata, readMetadata[0], link, pathSubject(link, "SYMLINK")})
	}
	if r.failed != "" {
		t.plan.failed = fmt.Sprintf("nothing is known of what %q leads to: %s", t.q.Target, r.failed)
	}
}

// splitLeaf cuts an absolute path before its last name; slashes behind that
// stay with it.
func splitLeaf(path string) (folder, leaf string) {
	trimmed := strings.TrimRight(path, "/")
	i := strings.LastIndexByte(trimmed, '/')
	if i < 0 {
		return "/", ""
	}
	if leaf = trimmed[i+1:]; leaf == "." || leaf == ".." {
		return path, leaf
	}
	return path[:i+1], path[i+1:]
}

func (t *tracer) network() plan {
	side := "local"
	if t.call.steps[0][0] == "network-outbound" || len(t.call.steps[0]) > 1 {
		side = "remote"
	}
	unix := t.call.proto == "unix"
	if strings.HasPrefix(t.q.Target, "/") && (unix || t.call.proto == "") {
		if callKey(t.name) != "bind" {
			return t.file(side)
		}
		bind := *t.route // which makes a name for the socket first
		bind.call.steps = append([][]string{{"file-write-create"}}, bind.call.steps...)
		bind.call.nofollow = true
		t.route = &bind
		return t.file(side)
	}
	proto := ""
	switch {
	case unix:
		return failed("%q is no path from / of a socket", t.q.Target)
	case t.call.proto != "" && (t.q.FilterName == "" || t.q.FilterName == t.call.proto):
		proto = t.call.proto
	case t.call.proto != "":
		return failed("%s is not asked about by %s; leave the name of the filter out", t.name, t.q.FilterName)
	case t.q.FilterName == "tcp" || t.q.FilterName == "udp":
		proto = t.q.FilterName
	case t.q.FilterName != "":
		return failed("an address is not asked about by %s; use tcp or udp", t.q.FilterName)
	case !t.direct: // what probes connect is TCP
		proto = "tcp"
	}
	addr, ok := parseEndpoint(t.q.Target, proto)
	if !ok {
		return failed("%q is no address and port, such as 127.0.0.1:80 or [::1]:80, and no path from / of a socket", t.q.Target)
	}
	return t.ask(t.q.Target, subject{addr: addr, side: side})
}

func (t *tracer) process() plan {
	switch {
	case t.q.FilterName != "" && t.q.FilterName != "target":
		return failed("%s is not asked about by %s; leave the name of the filter out", t.operation, t.q.FilterName)
	case t.q.Target == "":
		return failed("the target is empty; give a process, such as self, child, same-sandbox or a process id")
	}
	return t.ask(t.q.Target, subject{process: t.q.Target})
}

// object asks about what has a name, or none.
func (t *tracer) object() plan {
	filters := seatbelt.Filters(t.operation)
	if strings.HasPrefix(t.operation, "iokit-") {
		filters = []string{iokitAny, "iokit-registry-entry-class", "iokit-user-client-class", "iokit-connection", "iokit-property"}
		if t.operation == "iokit-open-service" {
			filters = filters[1:]
		}
	}
	space := t.q.FilterName
	switch {
	case space == "" && len(filters) > 0:
		space = filters[0]
	case space != "" && !slices.Contains(filters, space):
		return failed("%s is not asked about by %s%s", t.operation, space, instead(filters))
	}
	if space == "" {
		return t.ask(t.q.Target, subject{opaque: noFilters})
	}
	if t.q.Target == "" {
		return failed("the target is empty; give a name")
	}
	s := nameSubject(space, t.q.Target)
	// Probes create an object by a name with a slash at its front.
	s.slash = t.operation == "ipc-posix-shm-write-create" && !strings.HasPrefix(t.q.Target, "/")
	return t.ask(t.q.Target, s)
}

func instead(filters []string) string {
	if len(filters) == 0 {
		return "; leave the name of the filter out"
	}
	return "; use " + strings.TrimPrefix(strings.Join(filters, ", "), iokitAny+", ")
}
