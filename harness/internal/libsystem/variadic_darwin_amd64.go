package libsystem

// variadic hands over fixed arguments and those behind the "…", which on amd64
// follow each other in the same registers.
func (f *function) variadic(fixed []uintptr, rest ...uintptr) (result uintptr, errno int, err error) {
	return f.call(append(append(make([]uintptr, 0, len(fixed)+len(rest)), fixed...), rest...)...)
}
