package libsystem

// variadic hands over fixed arguments and those behind the "…". On Apple's arm64
// the latter are always on the stack, in slots of eight bytes, whatever registers
// are free ("Writing ARM64 code for Apple platforms"): the registers are filled up
// first.
func (f *function) variadic(fixed []uintptr, rest ...uintptr) (result uintptr, errno int, err error) {
	const registers = 8
	args := make([]uintptr, registers, registers+len(rest))
	copy(args, fixed)
	return f.call(append(args, rest...)...)
}
