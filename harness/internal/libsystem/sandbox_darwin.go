package libsystem

import (
	"runtime"
	"sync"
)

// What libsystem_sandbox has, which libSystem hands on. <sandbox.h> declares
// sandbox_init and sandbox_free_error, and says that both are deprecated; the rest
// has no public header.
var (
	sandboxInit           = newFunction(system, "sandbox_init")
	sandboxInitParameters = newFunction(system, "sandbox_init_with_parameters")
	sandboxFreeError      = newFunction(system, "sandbox_free_error")
	sandboxCheck          = newFunction(system, "sandbox_check")
)

// uncalled is the result of a call that was not made; an error says why.
var uncalled = SandboxResult{RC: -1}

// ReadySandbox looks up what applying a policy and asking one need, so that
// nothing is looked up under the policy. What is missing is told by the call that
// needs it.
func ReadySandbox() {
	for _, f := range []*function{sandboxInit, sandboxInitParameters, sandboxFreeError, sandboxCheck, sandboxApply} {
		_, _ = f.find()
	}
	for _, flag := range sandboxFlags {
		_, _ = flag()
	}
}

// SandboxInit puts the text of a profile on the process:
//
//	int sandbox_init(const char *profile, uint64_t flags, char **errorbuf);
//
// No flag says that the profile is a text and not the name of one.
func SandboxInit(profile string) (SandboxResult, error) {
	if err := noNUL(profile); err != nil {
		return uncalled, err
	}
	text, said := cString(profile), make([]uintptr, 1)
	result, errno, err := sandboxInit.call(pointer(text), 0, address(said))
	runtime.KeepAlive(text)
	if err != nil {
		return uncalled, err
	}
	return sandboxResult(result, errno, said), nil
}

// SandboxInitParameters is SandboxInit with what (param "NAME") gives:
//
//	int sandbox_init_with_parameters(const char *profile, uint64_t flags,
//	    const char *const parameters[], char **errorbuf);
func SandboxInitParameters(profile string, params map[string]string) (SandboxResult, error) {
	list := sandboxParameters(params)
	if err := noNUL(append(list, profile)...); err != nil {
		return uncalled, err
	}
	texts := make([][]byte, len(list))
	addresses := make([]uintptr, len(list)+1) // NULL ends it
	for i, text := range list {
		texts[i] = cString(text)
		addresses[i] = pointer(texts[i])
	}
	text, said := cString(profile), make([]uintptr, 1)
	result, errno, err := sandboxInitParameters.call(pointer(text), 0, address(addresses), address(said))
	runtime.KeepAlive(texts)
	runtime.KeepAlive(addresses)
	runtime.KeepAlive(text)
	if err != nil {
		return uncalled, err
	}
	return sandboxResult(result, errno, said), nil
}

// sandboxResult reads what a call left behind, and frees its text.
func sandboxResult(result uintptr, errno int, said []uintptr) SandboxResult {
	r := SandboxResult{RC: cInt(result), Text: takeSandboxError(said)}
	if r.RC != 0 {
		r.Errno = errno
	}
	return r
}

// takeSandboxError copies the text of an error and gives it back to its library.
func takeSandboxError(said []uintptr) string {
	text := goString(said[0])
	if said[0] != 0 {
		// Without the function the text is lost memory, in a process that is to end.
		_, _, _ = sandboxFreeError.call(said[0])
		said[0] = 0
	}
	return text
}

// SandboxCheck asks the policy in force on a process about an operation:
//
//	int sandbox_check(pid_t pid, const char *operation, enum sandbox_filter_type type, ...);
//
// It gives 0 where the operation is allowed, 1 where it is denied, and anything
// else, with the errno, where the question made no sense. Filter is the filter's
// number with flags; with SandboxFilterNone as the number there is no argument. An
// empty operation asks whether the process is under a policy at all.
func SandboxCheck(pid int, operation string, filter uint32, argument ...string) (rc, errno int, err error) {
	if err := noNUL(append(argument, operation)...); err != nil {
		return uncalled.RC, 0, err
	}
	var name, text []byte
	fixed := []uintptr{uintptr(pid), 0, uintptr(filter)}
	if operation != "" {
		name = cString(operation)
		fixed[1] = pointer(name)
	}
	var rest []uintptr
	if len(argument) > 0 {
		text = cString(argument[0])
		rest = []uintptr{pointer(text)}
	}
	result, errno, err := sandboxCheck.variadic(fixed, rest...)
	runtime.KeepAlive(name)
	runtime.KeepAlive(text)
	if err != nil {
		return uncalled.RC, 0, err
	}
	return cInt(result), errno, nil
}

// sandboxFlags hold the flags that are known by name, each read once.
var sandboxFlags = map[string]func() (uint32, error){
	SandboxNoReport:  newSandboxFlag(SandboxNoReport),
	SandboxCanonical: newSandboxFlag(SandboxCanonical),
}

func newSandboxFlag(name string) func() (uint32, error) {
	return sync.OnceValues(func() (uint32, error) {
		at, err := system.symbol(name)
		if err != nil {
			return 0, err
		}
		// extern const enum sandbox_filter_type, which is as large as an int.
		return valueAt[uint32](at), nil
	})
}

// SandboxFlag is the value of one of sandbox_check's flags, or the error that this
// version of macOS lacks it.
func SandboxFlag(name string) (uint32, error) { return sandboxFlags[name]() }
