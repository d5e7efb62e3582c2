package seatbelt

import (
	"cmp"
	"slices"
	"strings"
)

// Covers reports whether what a profile says of a name holds for an operation
// of the kernel: file-read* covers itself and whatever begins with file-read-.
// Older spellings cover what they stand for. What default does is no cover.
func Covers(name, operation string) bool {
	if instead, older := profileNames[name]; older {
		name = instead
	}
	return name != "" && inFamily(operation, name)
}

// Members returns the operations that the kernel asks about and the name covers,
// in the order of the kernel's table. A family is none of them, but for
// process-exec*, which is asked by that name.
func Members(name string) []string {
	return slices.DeleteFunc(slices.Clone(kernelNames), func(operation string) bool {
		family := strings.HasSuffix(operation, "*") && operation != "process-exec*"
		return family || !Covers(name, operation)
	})
}

// KnownFilter reports whether the compiler of profiles has a filter of that
// name, which may say that its value is a prefix or a regular expression.
func KnownFilter(name string) bool {
	stem, _ := strings.CutSuffix(name, "-prefix")
	stem, _ = strings.CutSuffix(stem, "-regex")
	_, found := slices.BinarySearchFunc(filterNames, stem, cmp.Compare[string])
	return found
}
