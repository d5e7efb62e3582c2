package libsystem

import "unsafe"

// cString is a text with the NUL that ends it. The caller keeps it alive for as
// long as a library may read it.
func cString(text string) []byte { return append([]byte(text), 0) }

// pointer is the address of bytes for a library, 0 of none.
func pointer(b []byte) uintptr { return address(b) }

// address is that of a list for a library, 0 of an empty one.
func address[T any](list []T) uintptr { return addressOf(unsafe.SliceData(list)) }

// addressOf is the address of a value for a library. The value is on the heap,
// where nothing moves: a stack moves when it grows, which may happen on the way
// to the call, and a number would not follow.
func addressOf[T any](value *T) uintptr {
	if onHeap.never {
		onHeap.value = value // as far as the compiler knows
	}
	return uintptr(unsafe.Pointer(value))
}

var onHeap struct {
	never bool
	value any
}

// cInt is a result that C declares as an int: what stands in the upper half of
// its register means nothing.
func cInt(result uintptr) int { return int(int32(result)) }

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

// goBytes copies bytes at an address that a library gave.
func goBytes(address uintptr, n int) []byte {
	at := *(**byte)(unsafe.Pointer(&address))
	return append([]byte(nil), unsafe.Slice(at, n)...)
}

// valueAt reads a variable of a library, such as one that symbol finds.
func valueAt[T any](address uintptr) T { return **(**T)(unsafe.Pointer(&address)) }
