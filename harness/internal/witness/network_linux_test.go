package witness

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Where no record comes, nobody listens for one.
func TestOtherNetwork(t *testing.T) {
	needAudit(t)
	if err := Readable(); err != nil {
		t.Skip("needs the initial network and pid namespaces: ", err)
	}
	var denied error
	landlock.Throwaway(func() {
		if denied = unix.Unshare(unix.CLONE_NEWNET); denied != nil {
			return
		}
		if now, err := QueryStatus(); err != nil || now.Enabled == 0 {
			t.Errorf("the state can be asked for there as well: %+v, %v", now, err)
		}
		r, err := Open()
		if err == nil {
			r.Close()
		}
		for _, err := range []error{err, Readable()} {
			var missing *Unavailable
			if !errors.As(err, &missing) || !strings.Contains(err.Error(), "initial network namespace alone (net:[") {
				t.Errorf("%v, want an Unavailable", err)
			}
		}
	})
	if denied != nil {
		t.Skip("needs CAP_SYS_ADMIN to make a network namespace: ", denied)
	}
}
