package libsystem

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is a dynamic library that is opened when it is first needed.
type library struct {
	path string
	open func() (uintptr, error)
}

func newLibrary(path string) *library {
	return &library{path: path, open: sync.OnceValues(func() (uintptr, error) {
		handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			return 0, fmt.Errorf("load %s: %w", path, err)
		}
		return handle, nil
	})}
}

// system is what every process of macOS is linked with. The libraries that it hands
// on, such as libsystem_sandbox and libxpc, are searched with it: dlsym(3) looks in
// what a handle's library depends on, too.
var system = newLibrary("/usr/lib/libSystem.B.dylib")

// A MissingError means that this version of macOS does not have a symbol.
type MissingError struct {
	Symbol, Library string
	Err             error
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s of %s: %v", e.Symbol, e.Library, e.Err)
}

func (e *MissingError) Unwrap() error { return e.Err }

// symbol is the address of a function or a variable.
func (l *library) symbol(name string) (uintptr, error) {
	handle, err := l.open()
	if err == nil {
		var address uintptr
		if address, err = purego.Dlsym(handle, name); err == nil {
			return address, nil
		}
	}
	return 0, &MissingError{name, l.path, err}
}

// function is a function of a library, looked up once.
type function struct {
	find func() (uintptr, error)
}

// functions are all that this package calls.
var functions []*function

// Missing says which of the functions that this package calls are not to be had on
// this version of macOS, and how many it calls.
func Missing() (missing []error, of int) {
	for _, f := range functions {
		if _, err := f.find(); err != nil {
			missing = append(missing, err)
		}
	}
	return missing, len(functions)
}

// newFunction is a function of the library, or where that has none of that name
// one of the others: versions of macOS do not agree on where some stand.
func newFunction(l *library, name string, others ...*library) *function {
	f := &function{sync.OnceValues(func() (uintptr, error) {
		address, err := l.symbol(name)
		for _, other := range others {
			if err == nil {
				break
			}
			if found, e := other.symbol(name); e == nil {
				address, err = found, nil
			}
		}
		return address, err
	})}
	functions = append(functions, f)
	return f
}

// call hands over at most 32 integers or pointers and gives the result, and the
// errno the call left behind, which means something only where the result says
// that it failed. The memory behind pointers must be kept alive by the caller
// (runtime.KeepAlive), and a variadic function is called by variadic instead.
func (f *function) call(args ...uintptr) (result uintptr, errno int, err error) {
	address, err := f.find()
	if err != nil {
		return 0, 0, err
	}
	// A call that succeeds leaves errno as it is, and some fail without setting it:
	// an EPERM of an earlier call on this thread would read as this one's.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	clearErrno()
	result, _, e := purego.SyscallN(address, args...)
	return result, cInt(e), nil // purego reads eight bytes where errno has four
}

// errnoOf is where the calling thread has its errno: what errno of <sys/errno.h>
// is made of.
var errnoOf = newFunction(system, "__error")

// clearErrno sets the calling thread's errno to 0. The caller keeps the thread.
func clearErrno() {
	if address, err := errnoOf.find(); err == nil {
		at, _, _ := purego.SyscallN(address)
		**(**int32)(unsafe.Pointer(&at)) = 0
	}
}

// findAll looks functions up, so that calling them later cannot fail for that.
func findAll(functions ...*function) error {
	for _, f := range functions {
		if _, err := f.find(); err != nil {
			return err
		}
	}
	return nil
}
