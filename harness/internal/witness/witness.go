// Package witness reads the kernel's own record of a Landlock denial.
//
// From Landlock ABI 7 on the audit subsystem writes, for each denied access, a
// LANDLOCK_ACCESS record that names the domain and what it lacked, and for the
// first one of a domain a LANDLOCK_DOMAIN record that names the thread as it
// was called when it put the domain on itself. A thread that calls itself
// "TAG.LAYER", the layer in base 36, before each landlock_restrict_self(2)
// therefore signs its denials: a Reader finds them by TAG.
//
// A record that was seen is a fact. A record that was not seen is nothing: the
// log may be off, filtered, limited or overrun. What may have been lost is
// counted and said.
//
// Audit is global to the machine. Nothing here changes its state but Enable,
// which puts it back.
package witness

import (
	"fmt"
	"time"
)

// Unavailable is the error when there is no audit log to read here.
type Unavailable struct {
	Reason string // one line: what is missing, and what would help
	Err    error  // what the kernel said; may be nil
}

func (e *Unavailable) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return fmt.Sprintf("%s (%v)", e.Reason, e.Err)
}

func (e *Unavailable) Unwrap() error { return e.Err }

// Finding is what the log has of one tag.
type Finding struct {
	Denials []Denial // in the order of the log
	// Complete says that every record of what happened before the question was
	// read, and none was lost. Without it there may be denials that are not here.
	Complete bool
	Losses   []string // what may have been lost since the tag was watched, a line each
}

// NoRecordError means that no denial of the tag was in the log. It does not mean
// that nothing was denied.
type NoRecordError struct {
	Tag   string
	Limit time.Duration // how long was waited; 0 when a later record settled it
	// Off says that audit was turned off, which ended the wait before Limit.
	Off bool
	// Losses are what may have been lost since the tag was watched, a line each.
	Losses []string
}

func (e *NoRecordError) Error() string {
	if e.Off {
		return fmt.Sprintf("the audit log has no denial of %q: %v", e.Tag, errOff)
	}
	lost := ""
	if n := len(e.Losses); n != 0 {
		lost = fmt.Sprintf("; %s", e.Losses[0])
	}
	if e.Limit == 0 {
		return fmt.Sprintf("the audit log has no denial of %q, and a later one has come%s", e.Tag, lost)
	}
	return fmt.Sprintf("the audit log had no denial of %q within %v%s", e.Tag, e.Limit, lost)
}

// QueryStatus asks the kernel for its audit state. The error is an *Unavailable
// when there is no audit here or it may not be asked.
func QueryStatus() (Status, error) { return queryStatus() }

// Readable returns nil when the audit log can be read here, were it on: its state
// may be asked for, its readers may be joined, and this is the network namespace
// that its records go to. It changes nothing. The error is an *Unavailable when
// one of these is known not to be so.
func Readable() error { return readable() }
