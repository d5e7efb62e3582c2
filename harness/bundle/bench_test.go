package bundle_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
)

// BenchmarkRunFolder is what the container costs a run of usual size, fsync
// and all, and one of ten thousand scenarios.
func BenchmarkRunFolder(b *testing.B) {
	for _, size := range []int{4 << 10, 8 << 20} {
		data := bytes.Repeat([]byte("0123456789abcdef"), size/16)
		b.Run(fmt.Sprintf("14x%dKiB", size>>10), func(b *testing.B) {
			out := b.TempDir()
			b.SetBytes(int64(14 * size))
			n := 0
			for b.Loop() {
				n++
				st, err := bundle.Create(out, options(fmt.Sprintf("r%d", n)))
				if err != nil {
					b.Fatal(err)
				}
				for i := range 14 {
					if err := st.Write(fmt.Sprintf("artifact%d.json", i), nil, data); err != nil {
						b.Fatal(err)
					}
				}
				if err := st.Commit(bundle.StatusOK); err != nil {
					b.Fatal(err)
				}
				if err := st.Close(); err != nil {
					b.Fatal(err)
				}
				if _, err := bundle.Load(out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
