//go:build linux && !seatbelt_fake

package worker_test

import (
	"strings"
	"testing"
	"time"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// Where there is no Seatbelt nothing is attempted in its place.
func TestOwnIsMacOSs(t *testing.T) {
	w := start(t)
	for _, req := range []worker.Request{
		{Own: &worker.OwnProcess{Attempt: attempt.Request{Operation: "file-read*", Target: "/etc/passwd"}, Limit: time.Minute}},
		{Canary: &worker.Canary{Seatbelt: true, Dir: t.TempDir(), Limit: time.Minute}},
	} {
		if ans := do(t, w, req); !strings.Contains(ans.Err, "no Seatbelt on linux, only on macOS") || ans.Result != nil || ans.ProbePID != 0 {
			t.Errorf("answer %+v", ans)
		}
	}
}
