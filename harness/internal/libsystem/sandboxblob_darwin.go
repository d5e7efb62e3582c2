package libsystem

import (
	"errors"
	"fmt"
	"runtime"
)

// libsandbox compiles profiles and applies what was compiled.
var libsandbox = newLibrary("/usr/lib/libsandbox.1.dylib")

var (
	sandboxCompileString = newFunction(libsandbox, "sandbox_compile_string")
	sandboxCreateParams  = newFunction(libsandbox, "sandbox_create_params")
	sandboxSetParam      = newFunction(libsandbox, "sandbox_set_param")
	sandboxFreeParams    = newFunction(libsandbox, "sandbox_free_params")
	sandboxFreeProfile   = newFunction(libsandbox, "sandbox_free_profile")
	sandboxApply         = newFunction(libsandbox, "sandbox_apply", system)
)

// SandboxApply puts a compiled policy on the process:
//
//	int sandbox_apply(sandbox_profile_t profile);
//
// It gives no text of an error.
func SandboxApply(blob []byte) (SandboxResult, error) {
	if len(blob) == 0 {
		return uncalled, errors.New("a compiled policy of no bytes")
	}
	profile := new(SandboxProfile{Data: pointer(blob), Size: uintptr(len(blob))})
	result, errno, err := sandboxApply.call(addressOf(profile))
	runtime.KeepAlive(blob)
	runtime.KeepAlive(profile)
	if err != nil {
		return uncalled, err
	}
	r := SandboxResult{RC: cInt(result)}
	if r.RC != 0 {
		r.Errno = errno
	}
	return r, nil
}

// SandboxCompile makes a compiled policy of a text:
//
//	sandbox_profile_t sandbox_compile_string(const char *data, sandbox_params_t params, char **error);
//
// NULL stands for no parameters, and sandbox_free_error takes its text of an error
// too, which is of malloc(3): no header says so, public code that runs on Macs does.
func SandboxCompile(text string, params map[string]string) ([]byte, error) {
	if err := noNUL(text); err != nil {
		return nil, err
	}
	given, err := newSandboxParams(params)
	if err != nil {
		return nil, err
	}
	defer freeSandboxParams(given)
	source, said := cString(text), make([]uintptr, 1)
	at, errno, err := sandboxCompileString.call(pointer(source), given, address(said))
	runtime.KeepAlive(source)
	if err != nil {
		return nil, err
	}
	message := takeSandboxError(said)
	if at == 0 {
		if message == "" {
			message = fmt.Sprintf("errno %d", errno)
		}
		return nil, errors.New(message)
	}
	defer func() { _, _, _ = sandboxFreeProfile.call(at) }()
	profile := valueAt[SandboxProfile](at)
	if profile.Data == 0 || profile.Size == 0 {
		return nil, fmt.Errorf("libsandbox gave a profile without a policy (builtin %q)", goString(profile.Builtin))
	}
	return goBytes(profile.Data, int(profile.Size)), nil
}

// newSandboxParams is the sandbox_params_t of parameters, 0 for none.
func newSandboxParams(params map[string]string) (uintptr, error) {
	list := sandboxParameters(params)
	if len(list) == 0 {
		return 0, nil
	}
	if err := noNUL(list...); err != nil {
		return 0, err
	}
	given, _, err := sandboxCreateParams.call()
	if err != nil {
		return 0, err
	}
	if given == 0 {
		return 0, errors.New("sandbox_create_params gave no parameters")
	}
	for i := 0; i < len(list); i += 2 {
		name, value := cString(list[i]), cString(list[i+1])
		result, errno, err := sandboxSetParam.call(given, pointer(name), pointer(value))
		runtime.KeepAlive(name)
		runtime.KeepAlive(value)
		if err == nil && cInt(result) != 0 {
			err = fmt.Errorf("sandbox_set_param of %q: %d, errno %d", list[i], cInt(result), errno)
		}
		if err != nil {
			freeSandboxParams(given)
			return 0, err
		}
	}
	return given, nil
}

func freeSandboxParams(given uintptr) {
	if given != 0 {
		_, _, _ = sandboxFreeParams.call(given)
	}
}
