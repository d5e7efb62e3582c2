package canon_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// dumps answers a line of JSON with a line of JSON: a document with its seven
// styles, the bits of a float with its text, and what Python does not take with
// the name of the exception.
const dumps = `
import json, struct, sys
styles = [
    (dict(indent=2), ""), (dict(indent=2, sort_keys=True), ""), (dict(indent=2, sort_keys=True), "\n"),
    (dict(), "\n"), (dict(sort_keys=True), "\n"), (dict(sort_keys=True), ""), (dict(sort_keys=True, separators=(",", ":")), ""),
]
for line in sys.stdin:
    task = json.loads(line)
    try:
        if "bits" in task:
            answer = [json.dumps(struct.unpack(">d", bytes.fromhex(task["bits"]))[0])]
        else:
            doc = json.loads(task["doc"])
            answer = [json.dumps(doc, **how) + end for how, end in styles]
    except Exception as e:
        answer = [type(e).__name__]
    print(json.dumps(answer))
`

type pythonTask struct {
	Doc  *string `json:"doc,omitempty"`
	Bits *string `json:"bits,omitempty"`
}

// python asks json.dumps about all tasks, in one process.
func python(t *testing.T, tasks []pythonTask) [][]string {
	t.Helper()
	path, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("no python3 to ask: %v", err)
	}
	var in, stderr bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, task := range tasks {
		if err := enc.Encode(task); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(path, "-c", dumps)
	cmd.Stdin, cmd.Stderr = &in, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", path, err, stderr.String())
	}
	answers := make([][]string, 0, len(tasks))
	for line := range bytes.Lines(out) {
		var answer []string
		if err := json.Unmarshal(line, &answer); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer)
	}
	if len(answers) != len(tasks) {
		t.Fatalf("%d answers to %d tasks", len(answers), len(tasks))
	}
	return answers
}

// corpus is every JSON document of the repository, and of the real bundles
// beside it, but the largest, which hold nothing that the others do not.
func corpus(t *testing.T) map[string]string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]string{}
	for _, dir := range []string{"plans", "registries", "harness", "testdata", "cmd", "../shared/reference-bundles"} {
		dir = filepath.Join(root, dir)
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
				return err
			}
			data, err := os.ReadFile(path)
			if err == nil && len(data) < 32<<10 && json.Valid(data) {
				docs[path] = string(data)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return docs
}

// What Python's json module writes is what the formats say, so both the plain
// rules and the package are held against it.
func TestStylesAreThoseOfPython(t *testing.T) {
	docs := corpus(t)
	rnd := rand.New(rand.NewPCG(5, 6))
	for i := range 1000 {
		docs["random "+strconv.Itoa(i)] = randomDocument(rnd, 5)
	}
	names, tasks := []string{}, []pythonTask{}
	for name, doc := range docs {
		names, tasks = append(names, name), append(tasks, pythonTask{Doc: &doc})
	}
	for i, want := range python(t, tasks) {
		doc := []byte(docs[names[i]])
		if len(want) != len(plainStyles) {
			t.Fatalf("%s: Python refuses %q: %s", names[i], doc, want)
		}
		tree := plainRead(doc)
		for style := range plainStyles {
			plain, err := plainWrite(tree, style)
			if diff := cmp.Diff(want[style], plain); diff != "" || err != nil {
				t.Fatalf("%s, style %d: %v (-Python +plain rules):\n%s", names[i], style, err, diff)
			}
			got, err := canon.Transcode(doc, style)
			if diff := cmp.Diff(want[style], string(got)); diff != "" || err != nil {
				t.Fatalf("%s, style %d: %v (-Python +Transcode):\n%s", names[i], style, err, diff)
			}
		}
	}
}

func TestFloatsAreThoseOfPython(t *testing.T) {
	all := slices.Clone(floats)
	for exponent := range uint64(2047) {
		all = append(all, math.Float64frombits(exponent<<52), math.Float64frombits(exponent<<52+1))
	}
	rnd := rand.New(rand.NewPCG(7, 8))
	for len(all) < 6000 {
		v := math.Float64frombits(rnd.Uint64())
		if rnd.IntN(2) == 0 { // where times and durations are
			v = math.Round(rnd.Float64()*1e12) / math.Pow(10, float64(rnd.IntN(18)))
		}
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			all = append(all, v)
		}
	}
	tasks := make([]pythonTask, len(all))
	for i, v := range all {
		tasks[i].Bits = new(strconv.FormatUint(math.Float64bits(v)|1<<63, 16)) // negative, for all sixteen digits
	}
	for i, want := range python(t, tasks) {
		v := math.Copysign(all[i], -1)
		if plain := plainFloat(v); plain != want[0] {
			t.Fatalf("%x: Python prints %s, the plain rules %s", v, want[0], plain)
		}
		if got, err := canon.Float(v).MarshalJSON(); err != nil || string(got) != want[0] {
			t.Fatalf("%x: Python prints %s, Float %s, %v", v, want[0], got, err)
		}
	}
}

// Where Python's json module reads a number or a key, and writes another, or
// writes what is no JSON, we keep what stands there or refuse it: a digest over
// bytes that were made up says nothing about the document.
func TestWhereWeAreNotPython(t *testing.T) {
	const refused = "" // by us
	tests := []struct {
		name, in             string
		python, kept, sorted string // Python's sorted; ours in insertion order and sorted, on one line
	}{
		// Two readers would see two documents. In insertion order both members
		// stay for the reader to refuse, and a sorted form is for digests.
		{"twin_keys", `{"b":1,"a":2,"b":3}`, `{"a": 2, "b": 3}`, `{"b": 1, "a": 2, "b": 3}`, refused},
		{"twin_keys_by_escape", `{"a":1,"\u0061":2}`, `{"a": 2}`, `{"a": 1, "a": 2}`, refused},
		// No other form has them, and Python keeps them too.
		{"half_pairs", `["\uD800","\udc00\ud800"]`, `["\ud800", "\udc00\ud800"]`, `["\ud800", "\udc00\ud800"]`, `["\ud800", "\udc00\ud800"]`},
		{"half_pair_keys", `{"\uffee":1,"\udc00":2,"\ud800\udc00":3}`, `{"\udc00": 2, "\uffee": 1, "\ud800\udc00": 3}`,
			`{"\uffee": 1, "\udc00": 2, "\ud800\udc00": 3}`, `{"\udc00": 2, "\uffee": 1, "\ud800\udc00": 3}`},
		{"minus_zero", `[-0.0]`, `[-0.0]`, `[-0.0]`, `[-0.0]`},
		{"minus_zero_integer", `[-0]`, `[0]`, `[-0]`, `[-0]`},
		{"integers_beyond_64_bits", `[18446744073709551616,-99999999999999999999]`, `[18446744073709551616, -99999999999999999999]`,
			`[18446744073709551616, -99999999999999999999]`, `[18446744073709551616, -99999999999999999999]`},
		{"float_beyond_64_bits", `[1e400,-1e400]`, `[Infinity, -Infinity]`, `[1e400, -1e400]`, `[1e400, -1e400]`},
		{"float_below_64_bits", `[1e-400]`, `[0.0]`, `[1e-400]`, `[1e-400]`},
		{"other_spellings", `[1e2,1E+2,0.10]`, `[100.0, 100.0, 0.1]`, `[1e2, 1E+2, 0.10]`, `[1e2, 1E+2, 0.10]`},
		{"not_a_number", `[NaN]`, `[NaN]`, refused, refused},
		{"infinity", `[-Infinity]`, `[-Infinity]`, refused, refused},
		{"byte_order_mark", "\ufeff[]", "JSONDecodeError", refused, refused},
		{"control_character", "[\"\t\"]", "JSONDecodeError", refused, refused},
		{"other_white_space", "[\u00a0]", "JSONDecodeError", refused, refused},
		{"two_documents", "[] []", "JSONDecodeError", refused, refused},
	}
	for _, tt := range tests {
		for style, want := range map[canon.Style]string{canon.Line: tt.kept, canon.LineSorted: tt.sorted} {
			got, err := canon.Transcode([]byte(tt.in), style)
			if want == refused && err == nil || want != refused && string(got) != want+"\n" {
				t.Errorf("%s: Transcode(%q), style %d = %q, %v, want %q", tt.name, tt.in, style, got, err, want)
			}
		}
	}
	t.Run("python", func(t *testing.T) {
		tasks := make([]pythonTask, len(tests))
		for i := range tests {
			tasks[i].Doc = &tests[i].in
		}
		for i, answer := range python(t, tasks) {
			got := answer[0]
			if len(answer) > 1 {
				got = strings.TrimSuffix(answer[canon.LineSorted], "\n")
			}
			if got != tests[i].python {
				t.Errorf("%s: Python makes %s of %q, want %s", tests[i].name, got, tests[i].in, tests[i].python)
			}
		}
	})
}
