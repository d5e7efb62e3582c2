package libsystem

import "unsafe"

// cString is a text with the NUL that ends it. The caller keeps it alive for as
// long as a library may read it.
func cString(text string) []byte { return append([]byte(text), 0) }

// pointer is the address of the bytes, for a call that the caller keeps them alive
// for.
func pointer(b []byte) uintptr { return address(unsafe.SliceData(b)) }

// address is that of a variable which a library reads or writes. An integer says
// nothing to the compiler, which would leave the variable on the stack, and a
// stack moves when it grows on the way to the call: what is handed over must be
// on the heap.
func address[T any](p *T) uintptr {
	if never {
		sink = p
	}
	return uintptr(unsafe.Pointer(p))
}

var (
	never bool
	sink  any
)

// valueAt reads a variable of a library, such as one that symbol finds.
func valueAt[T any](address uintptr) T { return **(**T)(unsafe.Pointer(&address)) }

// goString copies the text at an address that a library gave; empty for none.
func goString(address uintptr) string {
	if address == 0 {
		return ""
	}
	// The memory is a library's: it is not Go's to move or to free.
	at := *(**byte)(unsafe.Pointer(&address))
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(at), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(at, n))
}
