package mapping

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
)

// What the caller can mend is refused before anything is written.
func TestRefusedRequests(t *testing.T) {
	g := newGenerations(t)
	root := g.w.root
	mappings := func(t *testing.T, dir string) {
		if err := os.CopyFS(filepath.Join(dir, "m"), os.DirFS(g.kept)); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		before func(t *testing.T, dir string)
		opts   func(o *Options, dir string)
		says   string
	}{
		"both":              {opts: func(o *Options, dir string) { o.PacketSet = "set.json" }, says: "--packet-set"},
		"neither":           {opts: func(o *Options, dir string) { o.Packets = nil }, says: "--packets"},
		"no_out":            {opts: func(o *Options, dir string) { o.Out = "" }, says: "no out folder"},
		"empty_packet":      {opts: func(o *Options, dir string) { o.Packets = []string{""} }, says: "empty path"},
		"no_root":           {opts: func(o *Options, dir string) { o.Root = filepath.Join(dir, "gone") }, says: "gone is no folder"},
		"no_field2":         {opts: func(o *Options, dir string) { o.Field2 = filepath.Join(dir, "gone") }, says: "field2"},
		"receipt_is_packet": {opts: func(o *Options, dir string) { o.Receipt = o.Packets[0] }, says: "is the packet"},
		"receipt_is_packet_by_symlink": {before: func(t *testing.T, dir string) {
			if err := os.Symlink(filepath.Dir(g.new[0]), filepath.Join(dir, "l")); err != nil {
				t.Skip(err)
			}
		}, opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "l", bundle.PacketFile) }, says: "is the packet"},
		"receipt_is_missing_packet": {opts: func(o *Options, dir string) {
			o.Receipt = filepath.Join(dir, "gone.json")
			o.Packets = append(o.Packets, o.Receipt)
		}, says: "is the packet"},
		"receipt_is_packet_set": {before: func(t *testing.T, dir string) {
			put(t, `{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"]}`, dir, "set.json")
		}, opts: func(o *Options, dir string) {
			o.Packets, o.PacketSet, o.Receipt = nil, filepath.Join(dir, "set.json"), filepath.Join(dir, "set.json")
		}, says: "no receipt"},
		"receipt_is_index_of_run": {opts: func(o *Options, dir string) {
			o.Receipt = filepath.Join(root, "a", "a-run", bundle.IndexFile)
		}, says: "a run's folder"},
		"receipt_in_run": {opts: func(o *Options, dir string) {
			o.Receipt = filepath.Join(root, "a", "a-run", "deep", "r.json")
		}, says: "a run's folder"},
		"receipt_in_other_mappings": {before: mappings, opts: func(o *Options, dir string) {
			o.Out, o.Receipt = filepath.Join(dir, "n"), filepath.Join(dir, "m", ReceiptFile)
		}, says: "mappings of another promotion"},
		"receipt_is_document": {before: func(t *testing.T, dir string) { put(t, `{"mine": 1}`, dir, "r.json") },
			opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "r.json") }, says: "no receipt"},
		"receipt_is_symlink": {before: func(t *testing.T, dir string) {
			if err := os.Symlink("gone", filepath.Join(dir, "r.json")); err != nil {
				t.Skip(err)
			}
		}, opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "r.json") }, says: "is there and no file"},
		"receipt_above_out": {opts: func(o *Options, dir string) {
			o.Out = filepath.Join(dir, "r", "m")
			o.Receipt = filepath.Join(dir, "r")
		}, says: "a folder for the mappings"},
		"receipt_is_lock": {opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, ".m"+lockSuffix) }, says: "the promotion's own"},
		"receipt_below_file": {before: func(t *testing.T, dir string) { put(t, "mine", dir, "f") },
			opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "f", "r.json") }, says: "not a directory"},
		"out_below_file": {before: func(t *testing.T, dir string) { put(t, "mine", dir, "f") },
			opts: func(o *Options, dir string) { o.Out = filepath.Join(dir, "f", "m") }, says: "not a directory"},
		"out_in_run":      {opts: func(o *Options, dir string) { o.Out = filepath.Join(root, "a", "a-run", "m") }, says: "a run's folder"},
		"out_is_run":      {opts: func(o *Options, dir string) { o.Out = filepath.Join(root, "a", "a-run") }, says: "which no promotion wrote"},
		"out_above_run":   {opts: func(o *Options, dir string) { o.Out = filepath.Join(root, "a") }, says: "which no promotion wrote"},
		"out_in_mappings": {before: mappings, opts: func(o *Options, dir string) { o.Out = filepath.Join(dir, "m", "deep", "n") }, says: "mappings of another promotion"},
		"out_nowhere": {before: func(t *testing.T, dir string) {
			if err := os.Symlink("gone", filepath.Join(dir, "m")); err != nil {
				t.Skip(err)
			}
		}, says: "leads nowhere"},
		"out_in_a_circle": {before: func(t *testing.T, dir string) {
			if err := os.Symlink("m", filepath.Join(dir, "m")); err != nil {
				t.Skip(err)
			}
		}, says: "too many links"},
		"out_too_long":      {opts: func(o *Options, dir string) { o.Out = filepath.Join(dir, strings.Repeat("x", 300)) }, says: "too long"},
		"receipt_is_folder": {opts: func(o *Options, dir string) { o.Receipt = root }, says: "is there and no file"},
		"receipt_in_out":    {opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "m", "r.json") }, says: ReceiptFile},
		"no_packet_set":     {opts: func(o *Options, dir string) { o.Packets, o.PacketSet = nil, filepath.Join(dir, "gone") }, says: SchemaPacketSet},
		"two_worlds": {before: func(t *testing.T, dir string) {
			put(t, `{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"], "world_id": "w"}`, dir, "set.json")
		}, opts: func(o *Options, dir string) {
			o.Packets, o.PacketSet, o.WorldID = nil, filepath.Join(dir, "set.json"), "v"
		}, says: `"v"`},
		"empty_set": {before: func(t *testing.T, dir string) {
			put(t, `{"schema_version": "runtime.packet_set.v0.1", "packets": []}`, dir, "set.json")
		}, opts: func(o *Options, dir string) { o.Packets, o.PacketSet = nil, filepath.Join(dir, "set.json") }, says: "no packets"},
		"out_is_file":  {before: func(t *testing.T, dir string) { put(t, "mine", dir, "m") }, says: "no folder"},
		"out_is_root":  {opts: func(o *Options, dir string) { o.Out = "/" }, says: "root of the file system"},
		"strange_file": {before: func(t *testing.T, dir string) { put(t, "mine", dir, "m", "notes.txt") }, says: "holds notes.txt, which no promotion wrote"},
		"strange_folder": {before: func(t *testing.T, dir string) {
			if err := os.MkdirAll(filepath.Join(dir, "m", "mine"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, says: "holds mine/"},
		"strange_receipt":     {before: func(t *testing.T, dir string) { put(t, `{"mine": 1}`, dir, "m", ReceiptFile) }, says: "no receipt"},
		"strange_index":       {before: func(t *testing.T, dir string) { put(t, `{"mine": 1}`, dir, "m", IndexFile) }, says: "cannot be read"},
		"strange_in_mappings": {before: func(t *testing.T, dir string) { mappings(t, dir); put(t, "mine", dir, "m", CutsFolder, "notes.txt") }, says: "holds runtime_cuts/notes.txt"},
		"changed_mappings": {before: func(t *testing.T, dir string) {
			mappings(t, dir)
			edit(t, filepath.Join(dir, "m", CoverageFile), "runtime", "nutrime")
		}, says: "holds runtime_coverage.json, which was changed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.before != nil {
				tt.before(t, dir)
			}
			o := Options{Root: root, Out: filepath.Join(dir, "m"), Packets: slices.Clone(g.new)}
			if tt.opts != nil {
				tt.opts(&o, dir)
			}
			before := tree(t, dir)
			_, err := promote(quiet{}, o)
			if _, ok := errors.AsType[*RequestError](err); !ok || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("promote = %v, want a *RequestError that says %q", err, tt.says)
			}
			after := tree(t, dir)
			delete(after, ".m"+lockSuffix)
			if len(after) != len(before) {
				t.Errorf("there are %d files, there were %d", len(after), len(before))
			}
			for name, text := range before {
				if after[name] != text {
					t.Errorf("%s is another", name)
				}
			}
		})
	}
}

// The working folder is not replaced under whoever stands in it.
func TestOutIsWorkingFolder(t *testing.T) {
	g := newGenerations(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for _, out := range []string{".", dir, "../" + filepath.Base(dir) + "/"} {
		_, err := promote(quiet{}, Options{Root: g.w.root, Out: out, Packets: g.new})
		if _, ok := errors.AsType[*RequestError](err); !ok || !strings.Contains(err.Error(), "is the working folder") {
			t.Errorf("promote to %s = %v", out, err)
		}
	}
}

// An out folder is the same however it is spelled.
func TestOutSpelled(t *testing.T) {
	g := newGenerations(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for _, out := range []string{"m", "m/", "./m/.", "../" + filepath.Base(dir) + "/m", filepath.Join(dir, "m")} {
		p, err := promote(quiet{}, Options{Root: g.w.root, Out: out, Packets: g.new})
		if err != nil || p.Out != filepath.Join(dir, "m") || len(p.Left) > 0 {
			t.Fatalf("promote to %s = %+v, %v", out, p, err)
		}
		if n, err := g.reader(dir, false); err != nil || n != 2 {
			t.Errorf("%s: %d packets, %v", out, n, err)
		}
	}
}
