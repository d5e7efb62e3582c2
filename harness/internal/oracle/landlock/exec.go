package landlock

import "path"

// maxInterpreters is how many times exec_binprm of fs/exec.c goes from a file
// to its interpreter.
const maxInterpreters = 5

// execute is execve(2). The kernel opens the file, then the interpreter of a
// script or the loader of an ELF file, each of them to be executed; it opens
// them readable, so each needs read_file beside execute.
func (a *asker) execute() (Answer, error) {
	program := a.Target
	var granting []Grant
	for depth := 0; ; depth++ {
		answer, at, err := a.openProgram(program)
		if depth == 0 && at != nil {
			a.resolved = at.path
		}
		answer.Granting = mergeGrants(granting, answer.Granting)
		if err != nil || answer.Decision != Allow {
			if depth > 0 {
				answer.Reason = "interpreter " + program + ": " + answer.Reason
			}
			return answer, err
		}
		granting = answer.Granting
		// The interpreter of one script too many is opened all the same.
		if depth > maxInterpreters {
			return answer, fails(eloop, "more than %d interpreters on the way from %s", maxInterpreters, a.Target)
		}
		detail, err := a.tree.Inspect(at.path)
		if err != nil {
			return answer, unknowable("what %s is cannot be read: %v", at.path, err)
		}
		switch detail.Format {
		case FormatNone:
			return answer, fails(enoexec, "granted, but %s is no program", at.path)
		case FormatScript:
			program = detail.Interpreter
		case FormatELF:
			return a.load(answer, detail.Loader)
		default:
			return answer, unknowable("granted, but whether %s is a program, and what loads it, is not known", at.path)
		}
	}
}

func (a *asker) openProgram(name string) (Answer, *place, error) {
	if name == "" || !path.IsAbs(name) {
		return Answer{}, nil, unknowable("%q is relative, and the working directory is not known", name)
	}
	at, err := a.w.locate(name, true)
	if err != nil {
		return Answer{}, nil, err
	}
	answer, err := a.openAt(at, openCall{read: true, exec: true})
	return answer, at, err
}

// load opens an ELF file's loader, which needs no loader of its own.
func (a *asker) load(answer Answer, loader string) (Answer, error) {
	if loader == "" {
		return answer, nil
	}
	loaded, _, err := a.openProgram(loader)
	loaded.Granting = mergeGrants(answer.Granting, loaded.Granting)
	if err == nil && loaded.Decision == Deny {
		loaded.Reason = "loader " + loader + ": " + loaded.Reason
	}
	return loaded, err
}
