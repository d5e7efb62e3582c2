package bundle

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocalName(t *testing.T) {
	tests := []struct {
		path, want string // want empty: refused
	}{
		{"out/r1/summary.json", "summary.json"},
		{"book/evidence/suites/x/out/r1/summary.json", "summary.json"},
		{"r1/summary.json", "summary.json"},
		{"summary.json", "summary.json"},
		{"out/r1/launchctl/log.json", "launchctl/log.json"},
		{"r1/r1/summary.json", "summary.json"},
		{"out/r2/summary.json", ""},
		{"out/r1", ""},
		{"out/r1/", ""},
		{"sub/summary.json", ""},
		{"/out/r1/summary.json", ""},
		{"out/r1/./summary.json", ""},
		{"out/../r1/summary.json", ""},
		{"../r1/summary.json", ""},
		{"C:/r1/summary.json", ""},
		{"r1", ""},
		{"", ""},
		{"..", ""},
	}
	for _, tt := range tests {
		got, err := localName(tt.path, "r1")
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("localName(%q) = %q, %v, want %q", tt.path, got, err, tt.want)
		}
	}
}

// FuzzEntry holds the line that no name leaves the run folder, without a disk
// in the way.
func FuzzEntry(f *testing.F) {
	for _, path := range []string{"out/r1/summary.json", "/etc/passwd", "r1/../x", "a/r1/b/c", "r1", "..", "c:\\x", "r1/x:y", "x\x00", "r1//x"} {
		f.Add(path, "r1", int64(1), strings.Repeat("0", 64), "runtime-tools.summary.v0.1")
	}
	f.Fuzz(func(t *testing.T, path, runID string, size int64, sum, schema string) {
		data, err := json.Marshal(map[string]any{
			"schema_version": SchemaIndex, "run_id": runID, "status": "ok", "missing": []string{},
			"artifacts": []rawEntry{{path, &size, &sum, &schema}},
		})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := parseIndex(data)
		if err != nil {
			return
		}
		name, entry, _, err := raw.Artifacts[0].check(raw.RunID)
		if err != nil {
			return
		}
		if !fs.ValidPath(name) || !filepath.IsLocal(name) || name == "." || name == IndexFile {
			t.Fatalf("path %q of run %q is the name %q", path, runID, name)
		}
		if entry.FileSize < 0 || entry.SHA256.String() != sum {
			t.Fatalf("entry %+v from size %d and sha256 %q", entry, size, sum)
		}
	})
}
