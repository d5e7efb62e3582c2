//go:build unix

package channel_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel"
)

// FuzzReceive has the other end say anything and hang up. The law: one document
// and the end of its line are received, the end is the end, and everything else
// is an error of the protocol.
func FuzzReceive(f *testing.F) {
	for _, seed := range []string{"", "\n", "7\n", "7", "{}\n", "{\n}\n", "{}\n{}\n", "{} \n", "{}\r\n", "\x00\n", "{\"a\":\n", "null\n", "\"\xff\"\n", "NaN\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		const oneRead = 4096 // what comes in one write is then received in one read
		if len(said) > oneRead {
			t.Skip("takes more than one read")
		}
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		w, other := channel.WireOn(fds[0]), os.NewFile(uintptr(fds[1]), "other end")
		defer w.Close()
		_, writeErr := other.Write(said)
		if err := errors.Join(writeErr, other.Close()); err != nil {
			t.Fatal(err)
		}
		var got json.RawMessage
		err = w.Receive(&got)
		whole := bytes.HasSuffix(said, []byte{'\n'})
		var protocol *channel.ProtocolError
		switch {
		case whole && json.Valid(said):
			if err != nil || !bytes.Equal(got, bytes.TrimSpace(said)) {
				t.Fatalf("%q is received as %q, %v", said, got, err)
			}
		case whole:
			if !errors.As(err, &protocol) || !bytes.HasPrefix(said, []byte(protocol.Head)) {
				t.Fatalf("%q: %v, want an error of the protocol that begins to quote it", said, err)
			}
		case !errors.Is(err, io.EOF):
			t.Fatalf("%q without an end of line: %v, want the end", said, err)
		}
	})
}
