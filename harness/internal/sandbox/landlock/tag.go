package landlock

import (
	"strconv"
	"strings"
)

// TagMax is how long a Tag may be: the kernel keeps 15 bytes of a thread's
// name, and ".g" is the last layer that can be tried.
const TagMax = 13

// tagBase is the base of the layer in a thread's name, in which each of
// 0..MaxLayers is one digit.
const tagBase = 36

// appendTag appends what a thread is called when it puts on a layer of a tag.
func appendTag(b []byte, tag string, layer int) []byte {
	b = append(append(b, tag...), '.')
	return strconv.AppendInt(b, int64(layer), tagBase)
}

// CutTag splits the name that a thread had when it put on a layer, as the
// kernel's record of the domain has it: "TAG.LAYER", the layer in base 36. A
// name that is not of that form is a tag with the layer -1.
func CutTag(comm string) (tag string, layer int) {
	dot := strings.LastIndexByte(comm, '.')
	if dot < 1 || dot != len(comm)-2 {
		return comm, -1
	}
	n, err := strconv.ParseUint(comm[dot+1:], tagBase, 8)
	if err != nil || n > MaxLayers || strconv.FormatUint(n, tagBase) != comm[dot+1:] {
		return comm, -1 // the last: an upper-case digit is not ours
	}
	return comm[:dot], int(n)
}
