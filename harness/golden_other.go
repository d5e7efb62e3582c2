//go:build !darwin

package harness

// hostCompiler is nil: no other system compiles Seatbelt profiles.
func hostCompiler() SBPLCompiler { return nil }
