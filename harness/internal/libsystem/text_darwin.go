package libsystem

import "unsafe"

// cString is a text with the NUL that ends it. The caller keeps it alive for as
// long as a library may read it.
func cString(text string) []byte { return append([]byte(text), 0) }

func pointer(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

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
