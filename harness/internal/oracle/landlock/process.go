package landlock

import (
	"slices"
	"strconv"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// relation is where the other process stands.
type relation int

const (
	same    relation = iota // the asker's own process, of which one thread is under the policy
	nested                  // started by that thread, and under the same layers
	outside                 // under none of the layers
)

// process reads the target of an operation on processes.
func (a *asker) process() (relation, error) {
	switch a.Target {
	case "self":
		return same, nil
	case "child":
		return nested, nil
	case "parent":
		return outside, nil
	}
	pid, err := strconv.Atoi(a.Target)
	switch {
	case err != nil || pid <= 0:
		return 0, unknowable("target %q is no process", a.Target)
	case slices.Contains(a.Peers.Outside, pid):
		return outside, nil
	case pid == 1 && a.Op == "scope.signal":
		// The init process: no thread of a worker started it.
		if c := a.w.cred; !c.has(CapKill) && c.UID != 0 {
			return 0, fails(eperm, "not Landlock's: the process that started the system is root's")
		}
		return outside, nil
	}
	return 0, unknowable("nothing is known of process %d", pid)
}

// signal is hook_task_kill of security/landlock/task.c: a layer that scopes
// signals denies those to processes under other layers.
func (a *asker) signal() (Answer, error) {
	to, err := a.process()
	if err != nil {
		return Answer{}, err
	}
	if a.variant == "kill_term" && to != nested && !a.expendable() {
		return Answer{}, unknowable("the attempt never ends %s", a.Target)
	}
	answer := a.d.limit("scope.signal", "no layer scopes signals", scopes(sandbox.ScopeSignal))
	if answer.Decision != Deny {
		return answer, nil
	}
	switch to {
	case same:
		if !a.d.kernel.fixed(erratumSignal) {
			return Answer{}, unknowable("whether threads of one process may signal each other is not known of this kernel: it does not say that erratum 2 is fixed")
		}
		return Answer{Decision: Allow, Reason: "a process may always signal itself"}, nil
	case nested:
		return Answer{Decision: Allow, Reason: "the other process is under the same layers"}, nil
	}
	return answer, nil
}

// expendable says that the target is a process that stands ready to be ended.
func (a *asker) expendable() bool {
	pid, err := strconv.Atoi(a.Target)
	return err == nil && slices.Contains(a.Peers.Outside, pid)
}

func scopes(s sandbox.Scope) func(sandbox.Ruleset) bool {
	return func(l sandbox.Ruleset) bool { return l.Scoped&s != 0 }
}

// ptrace is hook_ptrace_access_check of security/landlock/task.c: under any
// layer at all, only a process under the same layers may be looked into.
func (a *asker) ptrace() (Answer, error) {
	to, err := a.process()
	if err != nil {
		return Answer{}, err
	}
	attach := a.variant == "attach" || a.variant == "seize"
	if to == same && attach {
		return Answer{}, fails(eperm, "not Landlock's: nothing traces its own process")
	}
	answer := Answer{Decision: Allow, Reason: "a process may always look into itself"}
	switch to {
	case nested:
		answer.Reason = "the other process is under the same layers"
	case outside:
		answer = a.d.limit("ptrace", "no policy", func(sandbox.Ruleset) bool { return true })
	}
	if a.variant == "proc_mem" || a.variant == "proc_environ" {
		if answer, err = a.proc(answer); err != nil {
			return answer, err
		}
	}
	// A module such as Yama is asked besides Landlock and forbids to take hold
	// of processes that the asker did not start, unless it is capable.
	look := a.variant == "kcmp" || a.variant == "proc_environ"
	if to == outside && !look && !a.w.cred.has(CapSysPtrace) {
		return answer, unknowable("whether plain permissions let the asker into another process of its own is not known")
	}
	return answer, nil
}

// proc opens a file in the other process's folder of procfs: Landlock judges
// the open, and then the look into the process, which fails with EACCES here.
func (a *asker) proc(inside Answer) (Answer, error) {
	if inside.Decision == Deny {
		inside.Errno = eacces
		if err := a.perfmon(&inside); err != nil {
			return inside, err
		}
	}
	need := sandbox.ReadFile
	if a.d.free(need) {
		return inside, nil
	}
	proc, err := a.w.locate("/proc", true)
	if err != nil {
		return Answer{}, err
	}
	for _, r := range a.d.tied {
		if r.node.Mount.ID == proc.node.Mount.ID && r.node.Inode != proc.node.Inode {
			return Answer{}, unknowable("the rule on %q may be about the process", r.parent)
		}
	}
	opened, err := a.judge(proc, nil, need)
	if err != nil || opened.Decision != Deny {
		inside.Granting = opened.Granting
		return inside, err
	}
	opened.Missing = append(opened.Missing, inside.Missing...)
	return opened, nil
}

// perfmon is may_access_mm of kernel/fork.c: who may watch the performance of
// the whole system may look at the memory of every process, whatever a security
// module says, whose record is in the log all the same.
func (a *asker) perfmon(inside *Answer) error {
	c := a.w.cred
	switch {
	case a.variant != "proc_environ" || !c.has(CapPerfmon) && !c.has(CapSysAdmin):
		return nil
	case !a.d.kernel.has(perfmonLooks) || c != nil && c.Contained:
		return unknowable("whether CAP_PERFMON opens the process, whatever Landlock says, is not known")
	}
	*inside = Answer{Decision: Allow, Reason: "Landlock denies it, and CAP_PERFMON opens it all the same"}
	return nil
}
