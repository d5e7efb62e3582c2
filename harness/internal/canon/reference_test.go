package canon_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// referenceBundles finds real artifacts kept beside the repository.
func referenceBundles(tb testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			tb.Skip("no go.mod above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
	root := filepath.Join(dir, "..", "shared", "reference-bundles")
	if _, err := os.Stat(root); err != nil {
		tb.Skipf("no real bundles to compare with: %v", err)
	}
	return root
}

func TestReferenceArtifactsKeepTheirBytes(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(referenceBundles(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, string(filepath.Separator)+"plan"+string(filepath.Separator)) {
			return err
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := d.Name()
		switch {
		case name == "plan-digests.json":
			return nil
		case name == "mismatch_packets.jsonl":
			var rows []json.RawMessage
			for line := range bytes.Lines(want) {
				if len(bytes.TrimSpace(line)) > 0 {
					rows = append(rows, line)
				}
			}
			got, err := canon.MarshalLines(rows, canon.LineSorted)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: other bytes, error %v", path, err)
			}
		case strings.HasSuffix(name, ".json"):
			style := canon.Indented
			if name == "runtime_events.normalized.json" {
				style = canon.IndentedSorted
			}
			var flat bytes.Buffer
			if err := json.Compact(&flat, want); err != nil {
				return err
			}
			got, err := canon.Transcode(flat.Bytes(), style)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: other bytes, error %v", path, err)
			}
		default:
			return nil
		}
		checked++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 40 {
		t.Errorf("only %d real artifacts were compared", checked)
	}
}

func benchmarkDocument() []byte {
	row := `{"schema_version":"runtime-tools.x.v0.1","profile_id":"workspace-write","probe_name":"probe","operation":"fs.read_file","target":"/home/someone/src/file.txt","actual":"deny","errno":13,"command":["/usr/bin/x","--flag"],"started":1766981933.6185238,"nested":{"b":1,"a":[],"stderr":"line one\nline two\n"},"note":null}`
	return []byte("[" + strings.TrimSuffix(strings.Repeat(row+",", 20_000), ",") + "]")
}

func BenchmarkTranscode(b *testing.B) {
	doc := benchmarkDocument()
	for name, style := range map[string]canon.Style{"indented": canon.Indented, "indented_sorted": canon.IndentedSorted, "line": canon.Line} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := canon.Transcode(doc, style); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("json.Indent", func(b *testing.B) {
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			var out bytes.Buffer
			if err := json.Indent(&out, doc, "", "  "); err != nil {
				b.Fatal(err)
			}
		}
	})
}
