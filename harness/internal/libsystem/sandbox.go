package libsystem

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// SandboxProfile is struct sandbox_profile of libsandbox, which has had this
// layout in every version that public code was written against (Chromium's
// sandbox/mac/seatbelt.cc, WebKit's wtf/spi/darwin/SandboxSPI.h): no public
// header of macOS has it.
type SandboxProfile struct {
	Builtin uintptr // a C string: the name of a profile of the kernel's own; 0 for a compiled text
	Data    uintptr // the compiled policy; 0 for a profile of the kernel's own
	Size    uintptr // of Data, in bytes
}

// SandboxFilterNone is SANDBOX_FILTER_NONE of sandbox_check: the question has no
// argument.
const SandboxFilterNone = 0

// The flags of sandbox_check, which are variables that libsystem_sandbox exports:
// a version of macOS may lack one.
const (
	SandboxNoReport  = "SANDBOX_CHECK_NO_REPORT" // a refusal is not written to the log
	SandboxCanonical = "SANDBOX_CHECK_CANONICAL" // the path must be one without links
)

// SandboxResult is how a call that applies a policy ended.
type SandboxResult struct {
	RC    int    // 0: the policy is in force; -1 also of a call that was not made
	Errno int    // 0 when RC is
	Text  string // the library's, empty when it gave none
}

// sandboxParameters is the list that sandbox_init_with_parameters takes without
// the NULL that ends it: names and values by turns, sorted by name.
func sandboxParameters(params map[string]string) []string {
	list := make([]string, 0, 2*len(params))
	for _, name := range slices.Sorted(maps.Keys(params)) {
		list = append(list, name, params[name])
	}
	return list
}

// noNUL refuses texts that a library would take for shorter ones: a policy that
// ends early allows and denies something else.
func noNUL(texts ...string) error {
	for _, text := range texts {
		if at := strings.IndexByte(text, 0); at >= 0 {
			return fmt.Errorf("a NUL byte at offset %d of a text of %d bytes; remove it", at, len(text))
		}
	}
	return nil
}
