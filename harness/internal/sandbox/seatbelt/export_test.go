package seatbelt

// Flag is one of sandbox_check's flags.
type Flag = flag

// NewFlag is a flag of a version of macOS; a missing one has no value.
func NewFlag(value uint32, missing bool) Flag { return flag{value, missing} }

// Plan is what is known of an answer before the question is asked.
var Plan = plan

// Conclude puts in what sandbox_check gave.
func (a *Answer) Conclude(rc, errno int) { a.conclude(rc, errno) }
