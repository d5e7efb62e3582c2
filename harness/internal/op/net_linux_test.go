package op_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// A target that is read gives the same address when it is written and read
// again; one that is not gives one line.
func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"127.0.0.1:80", "[::1]:443", "localhost:8080", "[::ffff:1.2.3.4]:1", "[fe80::1%lo]:80", "", ":80", "host:80", "1.2.3.4", "1.2.3.4:65536"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, errText := op.ParseTarget(s)
		if errText != "" {
			if strings.Contains(errText, "\n") {
				t.Errorf("error of several lines: %q", errText)
			}
			return
		}
		if again, errText := op.ParseTarget(addr.String()); again != addr || errText != "" {
			t.Errorf("%q is %v, which is %v %s", s, addr, again, errText)
		}
		if !addr.IsValid() || addr.Addr().Zone() != "" {
			t.Errorf("%q is %v", s, addr)
		}
	})
}
