package landlock

import (
	"errors"

	"github.com/rtgen/rtgen/harness/internal/op"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Ask answers a question. It is a pure function of the question and of what
// the question's tree answers.
func Ask(q Question) Answer {
	answer, err := ask(q)
	var u *undecided
	switch {
	case errors.As(err, &u):
		answer.Decision, answer.Errno, answer.Reason = Unknown, u.errno, u.Error()
	case err != nil:
		answer.Decision, answer.Errno, answer.Reason = Unknown, 0, err.Error()
	}
	return answer
}

// asker is one question on its way to an answer. Its methods return an error
// where Landlock is not what decides; the answer beside it then keeps what was
// found until there.
type asker struct {
	Question
	d *domain
	w *walker
}

func ask(q Question) (Answer, error) {
	o, ok := op.Lookup(q.Op)
	if !ok {
		return Answer{}, unknowable("unknown operation %q", q.Op)
	}
	v, ok := o.Variant(q.Syscall)
	if !ok {
		return Answer{}, unknowable("operation %s has no variant %q", o.Name, q.Syscall)
	}
	if q.Tree == nil {
		q.Tree = Nothing{}
	}
	d, err := newDomain(q.Layers, q.ABI)
	if err != nil {
		return Answer{}, err
	}
	// A parent that does not exist keeps the whole policy from being applied:
	// the tree has a say in questions about the network too.
	if err := d.tie(q.Tree, q.Cred); err != nil {
		return Answer{}, err
	}
	if v.Net {
		return d.tcp(o.Name, q)
	}
	a := &asker{Question: q, d: d, w: newWalker(q.Tree, q.Cred)}
	return a.file(o.Name, v.Name)
}

// file answers for the operations on paths.
func (a *asker) file(name, variant string) (Answer, error) {
	switch name {
	case "fs.read_file":
		return a.open(openCall{read: true})
	case "fs.read_dir":
		return a.open(openCall{read: true, directory: true})
	case "fs.write_file":
		return a.open(openCall{write: true})
	case "fs.execute":
		return a.execute()
	case "fs.ioctl_dev":
		return a.ioctl()
	case "fs.truncate":
		switch variant {
		case "truncate":
			return a.truncate()
		case "open_trunc":
			return a.open(openCall{write: true, truncate: true})
		case "ftruncate":
			return a.ftruncate()
		}
	case "fs.make_reg":
		if variant == "open_creat" {
			return a.createByOpen()
		}
		return a.create(File)
	case "fs.make_dir":
		return a.create(Dir)
	case "fs.make_sym":
		return a.create(Symlink)
	case "fs.make_fifo":
		return a.create(FIFO)
	case "fs.make_sock":
		return a.create(Socket)
	case "fs.make_char":
		return a.create(Char)
	case "fs.make_block":
		return a.create(Block)
	case "fs.remove_file":
		return a.unlink()
	case "fs.remove_dir":
		return a.rmdir()
	case "fs.refer":
		if sameDirText(a.Source, a.Target) {
			return Answer{}, unknowable("source and target are in one directory, where refer is never asked for")
		}
		if variant == "link" {
			return a.link()
		}
		return a.rename()
	case "syscall.rename":
		return a.rename()
	case "syscall.link":
		return a.link()
	case "syscall.stat":
		return a.unmediated(variant == "stat", 0)
	case "syscall.access":
		return a.unmediated(true, 0)
	case "syscall.chmod":
		return a.unmediated(true, permWrite)
	}
	return Answer{}, unknowable("the model does not cover %s by %s", name, variant)
}

// judge asks Landlock for need on the hierarchy above from. The object is what
// the rights are about, nil for a name that does not exist yet.
func (a *asker) judge(need sandbox.AccessFS, from, object *place) (Answer, error) {
	if object != nil {
		if err := a.d.blurred(object); err != nil {
			return Answer{}, err
		}
	}
	found := a.d.check(need, from)
	if len(found.missing) > 0 {
		return a.verdict(found, eacces, "no rule grants what is missing")
	}
	return a.verdict(found, 0, a.whyAllowed(need))
}

func (a *asker) whyAllowed(need sandbox.AccessFS) string {
	switch {
	case need == 0:
		return "needs no right"
	case a.d.denied(need).empty():
		return "no layer handles " + need.String()
	}
	return "every layer that handles them grants the rights needed"
}

// verdict turns what Landlock finds into an answer, unless the tree hides a
// rule that could change it.
func (a *asker) verdict(found access, errno int, reason string) (Answer, error) {
	answer := Answer{Decision: Allow, Missing: found.missing, Granting: found.granting, Reason: reason}
	if errno == 0 {
		return answer, nil
	}
	if err := a.d.doubt(found.missing); err != nil {
		return answer, err
	}
	answer.Decision, answer.Errno = Deny, errno
	return answer, nil
}
