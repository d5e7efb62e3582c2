package channel

import (
	"errors"
	"fmt"
)

// ProtocolError says that the other end sent what is no document of the
// protocol. Nothing it says is believed any more.
type ProtocolError struct {
	Head string // the first bytes of it
	Err  error
}

// Error is one line.
func (e *ProtocolError) Error() string {
	return fmt.Sprintf("sent %q, which is no answer: %v", e.Head, e.Err)
}

// Unwrap returns the cause.
func (e *ProtocolError) Unwrap() error { return e.Err }

var errTooLong = errors.New("it does not end")

func head(data []byte) string {
	const shown = 40
	if len(data) > shown {
		data = data[:shown]
	}
	return string(data)
}
