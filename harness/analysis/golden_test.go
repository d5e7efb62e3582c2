package analysis_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/schema"
)

// compiler stands for the one that macOS has: a blob is the text with a head.
type compiler struct{ err error }

func (c compiler) CompileSBPL(file string, text []byte) ([]byte, error) {
	return append([]byte("blob of "+filepath.Base(file)+": "), text...), c.err
}

// decoder stands for a decoder of blobs: it counts words.
type decoder struct{ err error }

func (d decoder) DecodeBlob(blob []byte) (*analysis.DecodedBlob, error) {
	words := strings.Fields(string(blob))
	if len(words) == 0 {
		return nil, errors.New("no blob")
	}
	if words[0] == "empty" {
		return new(analysis.DecodedBlob), d.err
	}
	return &analysis.DecodedBlob{NodeCount: len(words), OpCount: 196, TagCounts: map[string]int{"1": 2, "0": 1}, LiteralStrings: words[:1]}, d.err
}

// goldenRoot is a root with the inputs of golden artifacts: two profiles of text,
// one of them without results, and one that is compiled.
func goldenRoot(t *testing.T) (root string, o analysis.GoldenOptions) {
	t.Helper()
	root = t.TempDir()
	put(t, "(version 1)", root, "sb/read.sb")
	put(t, "(version 1) (deny default)", root, "sb/write.sb")
	put(t, "empty", root, "sb/airlock.sb.bin")
	put(t, "no Seatbelt profile", root, "sb/open.toml")
	put(t, `{"world_id": "`+macWorld+`", "name": "sonoma"}`, root, "world.json")
	put(t, `{"world_id": "`+macWorld+`", "profiles": {
		"sys:airlock": {"blob": "sb/airlock.sb.bin", "mode": "blob", "family": null, "semantic_group": null, "probes": []},
		"other": {"blob": "sb/none.sb", "mode": "sbpl", "probes": [{"name": "x"}, {"name": "y"}]},
		"linux": {"blob": "sb/open.toml", "mode": "landlock", "probes": []},
		"gone": {"blob": "sb/gone.sb", "probes": []},
		"bucket4:v1_read": {"blob": "sb/read.sb", "probes": [{"name": "x"}]},
		"write": {"blob": "sb/write.sb", "mode": "sbpl", "probes": []}
	}}`, root, "matrix.json")
	const row = `"expectation_id": "e", "operation": "file-read*", "path": "/etc/hosts", "expected": "allow", "runtime_result": {"status": "success"}`
	put(t, `{
		"other": {"status": "ok", "probes": [{"name": "not golden", `+row+`}]},
		"sys:airlock": {"status": "partial", "probes": [{"name": "blocked", "actual": null, "match": null, "violation_summary": null, `+row+`}]},
		"bucket4:v1_read": {"status": "ok", "probes": [
			{"name": "hosts", "actual": "allow", "match": true, "exit_code": 0, "command": ["cat", "/etc/hosts"], `+row+`},
			{"name": "<é>", "actual": "deny", "match": false, "exit_code": null, "violation_summary": "EPERM", `+row+`}
		]}
	}`, root, "results.json")
	return root, analysis.GoldenOptions{
		Matrix: filepath.Join(root, "matrix.json"), Results: filepath.Join(root, "results.json"), Baseline: filepath.Join(root, "world.json"),
		Out: filepath.Join(root, "out", "runtime"), Root: root, Keys: []string{"bucket4:v1_read", "sys:airlock", "write"},
		Compiler: compiler{}, Decoder: decoder{},
	}
}

func writeGolden(o analysis.GoldenOptions) (*analysis.GoldenFiles, error) {
	g, err := analysis.LoadGolden(o)
	if err != nil {
		return nil, err
	}
	return g.Write()
}

// validates holds a document against its schema.
func validates(t *testing.T, version, file string, doc []byte) {
	t.Helper()
	found, err := schema.Validate(version, doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s:%d: %s: %s", file, f.Line, f.ID, f.Msg)
	}
}

func TestGolden(t *testing.T) {
	root, o := goldenRoot(t)
	put(t, "an older one", root, "out/runtime/golden_decodes.json")
	put(t, "not ours", root, "out/runtime/runtime_links.json")
	written, err := writeGolden(o)
	if err != nil {
		t.Fatal(err)
	}
	digest := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	const read, write = "blob of read.sb: (version 1)", "blob of write.sb: (version 1) (deny default)"
	want := map[string]string{
		"decoded_blobs/bucket4_v1_read.sb.bin": read,
		"decoded_blobs/sys_airlock.sb.bin":     "empty",
		"decoded_blobs/write.sb.bin":           write,
		"golden_decodes.json": `{
  "metadata": {
    "world_id": "` + macWorld + `"
  },
  "decodes": [
    {
      "key": "bucket4:v1_read",
      "blob": "out/runtime/decoded_blobs/bucket4_v1_read.sb.bin",
      "sha256": "` + digest(read) + `",
      "node_count": 5,
      "op_count": 196,
      "tag_counts": {
        "0": 1,
        "1": 2
      },
      "literal_strings": [
        "blob"
      ]
    },
    {
      "key": "sys:airlock",
      "blob": "out/runtime/decoded_blobs/sys_airlock.sb.bin",
      "sha256": "` + digest("empty") + `",
      "node_count": 0,
      "op_count": 0,
      "tag_counts": {},
      "literal_strings": []
    },
    {
      "key": "write",
      "blob": "out/runtime/decoded_blobs/write.sb.bin",
      "sha256": "` + digest(write) + `",
      "node_count": 7,
      "op_count": 196,
      "tag_counts": {
        "0": 1,
        "1": 2
      },
      "literal_strings": [
        "blob"
      ]
    }
  ]
}`,
		"golden_expectations.json": `{
  "metadata": {
    "world_id": "` + macWorld + `"
  },
  "profiles": {
    "bucket4:v1_read": {
      "blob": "sb/read.sb",
      "mode": "sbpl",
      "sha256": "` + digest("(version 1)") + `"
    },
    "sys:airlock": {
      "blob": "sb/airlock.sb.bin",
      "mode": "blob",
      "sha256": "` + digest("empty") + `"
    },
    "write": {
      "blob": "sb/write.sb",
      "mode": "sbpl",
      "sha256": "` + digest("(version 1) (deny default)") + `"
    }
  }
}`,
		"traces/golden_traces.jsonl": `{"profile": "bucket4:v1_read", "probe": "hosts", "expected": "allow", "actual": "allow", "match": true, "operation": "file-read*", "path": "/etc/hosts", "exit_code": 0, "violation_summary": null, "command": ["cat", "/etc/hosts"]}
{"profile": "bucket4:v1_read", "probe": "<\u00e9>", "expected": "allow", "actual": "deny", "match": false, "operation": "file-read*", "path": "/etc/hosts", "exit_code": null, "violation_summary": "EPERM", "command": null}
{"profile": "sys:airlock", "probe": "blocked", "expected": "allow", "actual": null, "match": null, "operation": "file-read*", "path": "/etc/hosts", "exit_code": null, "violation_summary": null, "command": null}
`,
		"runtime_links.json": "not ours",
	}
	if diff := cmp.Diff(want, filesIn(t, o.Out)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	paths := []string{written.Decodes, written.Expectations, written.Traces}
	for i, name := range []string{"golden_decodes", "golden_expectations"} {
		if paths[i] != filepath.Join(o.Out, name+".json") {
			t.Errorf("%s was written to %s", name, paths[i])
		}
		validates(t, "runtime-tools."+name+".v0.1", name, []byte(want[name+".json"]))
	}
	for line := range strings.Lines(want["traces/golden_traces.jsonl"]) {
		validates(t, "runtime-tools.golden_traces.v0.1", "golden_traces", []byte(line))
	}
	if len(written.Blobs) != 3 || written.Blobs[1] != filepath.Join(o.Out, "decoded_blobs", "sys_airlock.sb.bin") {
		t.Errorf("blobs %q", written.Blobs)
	}
}

// filesIn is every file below a folder by its path; nil without the folder.
func filesIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	var all map[string]string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if os.IsNotExist(err) || err == nil && d.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		if all == nil {
			all = map[string]string{}
		}
		all[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whatever is wrong, nothing is written.
func TestGoldenRefuses(t *testing.T) {
	type options = analysis.GoldenOptions
	broken := errors.New("broken")
	for _, tt := range []struct {
		name   string
		change func(root string, o *options)
		want   string
	}{
		{"keys of the reference", func(_ string, o *options) { o.Keys = nil }, `matrix.json: no profile "bucket5:v11_read_subpath", "runtime:metafilter_any", "runtime:strict_1", "sys:bsd"; `},
		{"key with a slash", func(_ string, o *options) { o.Keys = []string{"a/b"} }, `golden profile "a/b": its id cannot name a file`},
		{"key of the parent", func(_ string, o *options) { o.Keys = []string{".."} }, `golden profile "..": its id cannot name a file`},
		{"two keys of one file", func(_ string, o *options) { o.Keys = []string{"a:b", "a_b"} }, `golden profiles "a:b" and "a_b" would have one file, a_b`},
		{"no matrix", func(root string, o *options) { o.Matrix = filepath.Join(root, "none.json") }, `none.json: no such file`},
		{"matrix that is none", func(_ string, o *options) { o.Matrix = o.Results }, `no profile "bucket4:v1_read"`},
		{"no results", func(root string, o *options) { o.Results = filepath.Join(root, "none.json") }, `none.json: no such file`},
		{"results that are none", func(root string, o *options) { o.Results = filepath.Join(root, "sb", "read.sb") }, `read.sb: `},
		{"no baseline", func(root string, o *options) { o.Baseline = filepath.Join(root, "none.json") }, `none.json: no such file`},
		{"baseline without a world", func(root string, o *options) { put(t, `{}`, root, "world.json") }, `world.json: world_id is empty`},
		{"another world", func(root string, o *options) { put(t, `{"world_id": "sonoma-other"}`, root, "world.json") }, `matrix.json: world "` + macWorld + `" is not "sonoma-other"`},
		{"no file of a profile", func(_ string, o *options) { o.Keys = []string{"gone"} }, `matrix.json: profile "gone": open `},
		{"another engine", func(_ string, o *options) { o.Keys = []string{"linux"} }, `matrix.json: profile "linux": mode "landlock"; golden artifacts are of Seatbelt profiles`},
		{"compile error", func(_ string, o *options) { o.Compiler = compiler{broken} }, `profile "bucket4:v1_read": compile sb/read.sb: broken`},
		{"decode error", func(_ string, o *options) { o.Decoder = decoder{broken} }, `profile "bucket4:v1_read": decode the blob of sb/read.sb: broken`},
		{"blob without anything", func(root string, o *options) { put(t, "", root, "sb/airlock.sb.bin") }, `profile "sys:airlock": decode the blob of sb/airlock.sb.bin: no blob`},
		{"folder in the way", func(root string, o *options) {
			if err := os.MkdirAll(filepath.Join(root, "elsewhere", "golden_decodes.json"), 0o755); err != nil {
				t.Fatal(err)
			}
			o.Out = filepath.Join(root, "elsewhere")
		}, `a folder is where the file goes`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, o := goldenRoot(t)
			tt.change(root, &o)
			written, err := writeGolden(o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if got := filesIn(t, o.Out); written != nil || got != nil {
				t.Errorf("wrote %v: %v", written, got)
			}
		})
	}
}

// Without a tool that is needed nothing is made up: what is missing is said, for
// which profile, and where it is.
func TestGoldenWithoutTools(t *testing.T) {
	for _, tt := range []struct {
		name     string
		keys     []string
		compiler analysis.SBPLCompiler
		decoder  analysis.BlobDecoder
		want     analysis.NoToolError
		text     string
	}{
		{
			"neither", []string{"sys:airlock", "bucket4:v1_read"}, nil, nil, analysis.NoToolError{Compiler: "bucket4:v1_read", Decoder: "sys:airlock"},
			`profile "bucket4:v1_read" needs an SBPL compiler, profile "sys:airlock" a decoder of Seatbelt blobs, and this build has neither; macOS has the former: give both to harness.WriteGolden there`,
		},
		{
			"neither for the first", []string{"write", "sys:airlock"}, nil, nil, analysis.NoToolError{Compiler: "write", Decoder: "write"},
			`profile "write" needs an SBPL compiler and a decoder of Seatbelt blobs, and this build has neither; macOS has the former: give both to harness.WriteGolden there`,
		},
		{
			"no compiler", []string{"sys:airlock", "write"}, nil, decoder{}, analysis.NoToolError{Compiler: "write"},
			`profile "write" needs an SBPL compiler, and this build has none; macOS has one: give it to harness.WriteGolden there`,
		},
		{
			"no decoder", []string{"write"}, compiler{}, nil, analysis.NoToolError{Decoder: "write"},
			`profile "write" needs a decoder of Seatbelt blobs, and this build has none; no system has one: give yours to harness.WriteGolden`,
		},
		{"no compiler needed", []string{"sys:airlock"}, nil, decoder{}, analysis.NoToolError{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, o := goldenRoot(t)
			o.Keys, o.Compiler, o.Decoder = tt.keys, tt.compiler, tt.decoder
			_, err := writeGolden(o)
			if tt.text == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			missing, ok := errors.AsType[*analysis.NoToolError](err)
			if !ok || *missing != tt.want || err.Error() != tt.text {
				t.Errorf("error %v, want %s", err, tt.text)
			}
			if got := filesIn(t, o.Out); got != nil {
				t.Errorf("wrote %v", got)
			}
		})
	}
}
