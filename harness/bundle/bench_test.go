package bundle_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
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

// BenchmarkEmit is what a packet with its statement costs after a run of thirty
// thousand scenarios, and what verifying it does.
func BenchmarkEmit(b *testing.B) {
	out := b.TempDir()
	r := newRun("r1")
	var events bytes.Buffer
	sep := "["
	for i := range 30_000 {
		row := strings.ReplaceAll(eventRow(fmt.Sprintf("demo:probe-%05d", i), "deny", "deny", "process_policy"), "{\n", "{\n  \"stdout\": \""+strings.Repeat("x", 1500)+"\",\n")
		events.WriteString(sep + row)
		sep = ",\n"
	}
	events.WriteString("]")
	r.texts = map[string]string{"runtime_events.normalized.json": events.String()}
	r.write(b, out)
	path := filepath.Join(out, "packet.json")
	b.Run("emit", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(events.Len()))
		for b.Loop() {
			if _, err := bundle.Emit(out, path, false); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(events.Len()))
		for b.Loop() {
			if v, err := bundle.VerifyPacket(path, ""); err != nil || v.Statement == "" {
				b.Fatal(v, err)
			}
		}
	})
}
