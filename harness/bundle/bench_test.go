package bundle_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
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

// BenchmarkEmit is what a packet with its statement costs after a run of thirty
// thousand scenarios, and what verifying it does.
func BenchmarkEmit(b *testing.B) {
	out := b.TempDir()
	r := newRun("r1")
	r.observe("scenario", "allowed", 0)
	r.observe("scenario", "denied", 30_000)
	r.observe("baseline", "allowed", 30_000)
	dir := r.write(b, out)
	edit(b, dir, artifact.RuntimeEventsFile, func(events *[]artifact.Event) {
		for i := range *events {
			(*events)[i].Stdout = new(strings.Repeat("x", 1500))
		}
	})
	size := int64(len(read(b, dir, artifact.RuntimeEventsFile)))
	path := filepath.Join(out, "packet.json")
	b.Run("emit", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(size)
		for b.Loop() {
			if _, err := bundle.Emit(out, path, true); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(size)
		for b.Loop() {
			if v, err := bundle.VerifyPacket(path, ""); err != nil || v.Statement == "" {
				b.Fatal(v, err)
			}
		}
	})
}
