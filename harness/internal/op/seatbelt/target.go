package seatbelt

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// checkTarget says why the operation cannot have that target when attempted by
// that call; "" when it can.
func checkTarget(o *Operation, s *Syscall, target string) string {
	switch o.TargetOf(s) {
	case TargetPath:
		if o.Target == TargetAddr {
			return checkSocket(target)
		}
		return checkPathFor(s, target)
	case TargetService:
		return checkName(target, "the bootstrap name of a Mach service")
	case TargetClass:
		return checkName(target, "an IOKit class")
	case TargetName:
		if o.Name == "darwin-notification-post" && strings.HasPrefix(target, "self.") {
			return fmt.Sprintf("of %q would not leave the process (notify(3)); use a name that does not begin with self.", target)
		}
		return checkName(target, "a name")
	case TargetShm:
		return checkShm(target)
	case TargetProcess:
		if target != op.Self && !isPID(target) {
			return fmt.Sprintf("needs a process as its target, not %q; use %s or a process id", target, op.Self)
		}
	case TargetSignal:
		if !slices.Contains(signalled, target) {
			return fmt.Sprintf("is sent only to processes of the probe's own, not to %q; use %s", target, anyOf(signalled))
		}
	case TargetAddr:
		return checkAddr(o, target)
	case TargetDomain:
		return checkDomain(target)
	}
	return ""
}

// signalled are the processes a signal may be sent to. The child is started
// under the policy and so is of the same sandbox.
var signalled = []string{op.Self, op.Child, "same-sandbox"}

func checkPathFor(s *Syscall, target string) string {
	if !s.RootRel {
		if text := checkPath(target); text != "" {
			return text
		}
		if leaf := target[strings.LastIndexByte(target, '/')+1:]; s.Leaf && (leaf == "" || leaf == "." || leaf == "..") {
			return fmt.Sprintf("by %s opens the last component of its target by itself, and %q has none; give the path of a file", s.Name, target)
		}
		return ""
	}
	switch {
	case target == "":
		return "needs a path as its target; give one relative to /, such as private/tmp/foo"
	case target[0] == '/':
		return fmt.Sprintf("by %s needs a target relative to /; use %q", s.Name, strings.TrimLeft(target, "/"))
	}
	return checkNUL(target)
}

func checkPath(target string) string {
	switch {
	case target == "":
		return "needs a path as its target; give one from /, such as /private/tmp/foo"
	case target[0] != '/':
		return fmt.Sprintf("needs a path from / as its target, not %q; use %q", target, "/"+target)
	}
	return checkNUL(target)
}

func checkName(target, what string) string {
	if strings.TrimSpace(target) == "" {
		return "needs " + what + " as its target; give it"
	}
	return checkNUL(target)
}

func checkNUL(target string) string {
	if strings.IndexByte(target, 0) >= 0 {
		return "cannot have a target with a NUL byte; remove it"
	}
	return ""
}

// shmNameLimit is what the kernel takes, the slash at the front counted
// (PSHMNAMLEN of bsd/kern/posix_shm.c).
const shmNameLimit = 31

func checkShm(target string) string {
	if text := checkName(target, "the name of a shared memory object"); text != "" {
		return text
	}
	if n := len("/" + strings.TrimPrefix(target, "/")); n > shmNameLimit {
		return fmt.Sprintf("needs a name of at most %d bytes with its slash, not %d; shorten %q", shmNameLimit, n, target)
	}
	return ""
}

// checkDomain refuses what CFPreferences would take for the path of a file.
func checkDomain(target string) string {
	if text := checkName(target, "a preference domain"); text != "" {
		return text
	}
	if strings.Contains(target, "/") {
		return fmt.Sprintf("needs a preference domain as its target, not the path %q; use a name such as %sprobe", target, ownDomains)
	}
	return ""
}

// ownDomains are the preference domains that a probe may change something in.
const ownDomains = "org.rtgen."

// checkAddr lets the kernel choose the port that is bound.
func checkAddr(o *Operation, target string) string {
	addr, err := op.ParseAddr(target)
	switch {
	case err != nil:
		return "needs an address as its target: " + err.Error()
	case addr.Port() == 0 && o.Name != "network-bind":
		return fmt.Sprintf("cannot connect to port 0 of %q; give a port from 1 to 65535", target)
	}
	return ""
}

// socketPathLimit is what sun_path of <sys/un.h> holds beside the NUL that ends it.
const socketPathLimit = 103

func checkSocket(target string) string {
	if text := checkPath(target); text != "" {
		return text
	}
	if len(target) > socketPathLimit {
		return fmt.Sprintf("needs the path of a socket of at most %d bytes, not of %d; shorten %q", socketPathLimit, len(target), target)
	}
	return ""
}

// isPID takes a process id spelled as the kernel spells it.
func isPID(text string) bool {
	pid, err := strconv.ParseInt(text, 10, 32)
	return err == nil && pid >= 0 && strconv.FormatInt(pid, 10) == text
}

// dataVolume is where the volume that people write to is mounted; firmlinks
// lead there from the paths they use.
const dataVolume = "/System/Volumes/Data"

// tempRoots are the folders that a probe may change something below.
var tempRoots = []string{"/tmp", "/private/tmp", "/var/tmp", "/private/var/tmp"}

// checkSafe says why the attempt may do harm where it is allowed; "" when it
// may not, or changes nothing.
func checkSafe(o *Operation, s *Syscall, target string) string {
	if !s.Mutates {
		return ""
	}
	switch o.Target {
	case TargetPath:
		if s.RootRel {
			target = "/" + target
		}
		if !belowTemp(target) {
			return fmt.Sprintf("would change %s when allowed; move the target below %s", strconv.Quote(target), anyOf(tempRoots))
		}
	case TargetDomain:
		if !strings.HasPrefix(target, ownDomains) {
			return fmt.Sprintf("would change the preferences %q when allowed; use a domain that begins with %s", target, ownDomains)
		}
	case TargetShm:
		for _, system := range []string{"apple.", "com.apple."} {
			if strings.HasPrefix(strings.TrimPrefix(target, "/"), system) {
				return fmt.Sprintf("would remove %q, which the system may be using; use a name that does not begin with %s", target, system)
			}
		}
	}
	return ""
}

// belowTemp reports whether an absolute path names something below a temporary
// root, at every component: one that climbs out is refused even if it comes
// back. Links are not followed; what lies in the roots is the harness's own.
func belowTemp(target string) bool {
	root := ""
	for _, t := range tempRoots {
		for _, candidate := range []string{t, dataVolume + t} {
			if strings.HasPrefix(target, candidate+"/") {
				root = candidate
			}
		}
	}
	if root == "" {
		return false
	}
	at := root
	for name := range strings.SplitSeq(target[len(root)+1:], "/") {
		if at = path.Join(at, name); at != root && !strings.HasPrefix(at, root+"/") {
			return false
		}
	}
	return at != root
}
