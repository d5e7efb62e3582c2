package landlock_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func rules(b *testing.B, n int) (policy []Ruleset, withheld string) {
	dir := b.TempDir()
	r := Ruleset{HandledFS: AllFS(1)}
	for i := range n {
		parent := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(parent, 0o755); err != nil {
			b.Fatal(err)
		}
		r.Paths = append(r.Paths, PathRule{Parent: parent, Access: Execute | ReadFile | ReadDir})
	}
	return []Ruleset{r}, writeFile(b, dir, "withheld")
}

// BenchmarkThread is a throwaway thread that does nothing: what of the others
// is the runtime's and the kernel's price of a thread.
func BenchmarkThread(b *testing.B) {
	for b.Loop() {
		Throwaway(func() {})
	}
}

// BenchmarkProbe is a thread, a policy, one denied openat, and the end of the
// thread.
func BenchmarkProbe(b *testing.B) {
	needLandlock(b, 1)
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			policy, withheld := rules(b, n)
			b.ReportAllocs()
			for b.Loop() {
				var err, seen error
				Throwaway(func() {
					if _, err = Apply(policy); err == nil {
						seen = open(withheld)
					}
				})
				if err != nil || seen != unix.EACCES {
					b.Fatalf("apply %v, openat = %v, want %v", err, seen, unix.EACCES)
				}
			}
		})
	}
}

func BenchmarkLayers(b *testing.B) {
	needLandlock(b, 1)
	for b.Loop() {
		if _, err := Layers(); err != nil {
			b.Fatal(err)
		}
	}
}
