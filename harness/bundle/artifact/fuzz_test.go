package artifact_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Whatever a reader accepts, writing it and reading that again changes nothing
// more: what was understood is what is written.
func FuzzReaders(f *testing.F) {
	dir, err := repository()
	if err != nil {
		f.Fatal(err)
	}
	for i, c := range codecs {
		for _, doc := range testdata(f, c.file) {
			f.Add(byte(i), doc)
		}
		for _, glob := range []string{
			filepath.Join("..", "testdata", "older", "*"+c.file), filepath.Join("..", "testdata", "older", "*", c.file),
			filepath.Join(dir, "..", "shared", "reference-bundles", "*", "*"+c.file),
			filepath.Join(dir, "..", "shared", "reference-bundles", "*", "*", c.file),
		} {
			files, err := filepath.Glob(glob)
			if err != nil {
				f.Fatal(err)
			}
			for _, file := range files {
				if doc, err := os.ReadFile(file); err == nil {
					f.Add(byte(i), doc)
				}
			}
		}
		f.Add(byte(i), []byte(`{}`))
		f.Add(byte(i), []byte(`null`))
		f.Add(byte(i), []byte("{\"counts\": {\"a\": 1, \"a\": 2}, \"results\": [null]}\n"))
	}
	f.Fuzz(func(t *testing.T, which byte, doc []byte) {
		c := codecs[int(which)%len(codecs)]
		once, err := c.redo(doc)
		if err != nil {
			return
		}
		twice, err := c.redo(once)
		if err != nil {
			t.Fatalf("%s: what was written is refused: %v\n%s", c.file, err, once)
		}
		if !bytes.Equal(once, twice) {
			t.Errorf("%s: not stable\nonce  %s\ntwice %s", c.file, once, twice)
		}
	})
}

// FuzzDetails holds that all three rows read details alike, that what was written
// is read, and that what is read is what would be written.
func FuzzDetails(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, `{"syscall":"openat","call":"openat(…)","errno":0,"errno_name":null,"layers":1,"worker_pid":7}`,
		`{"errno":13,"post_state":{"target_exists":true,"target_size":0,"source_exists":false},"source_path":"\u00e9"}`,
		`{"witness":{"status":"recorded","denials":[{"serial":18446744073709551615,"domain":"1b","layer":0,"blockers":["fs.read_file"],"object":{"path":"/x"}}]}}`,
		`{"operation":"mach-lookup","kr":0,"service_present":null}`,
	} {
		f.Add([]byte(seed), "openat(…)", 13, true)
	}
	f.Fuzz(func(t *testing.T, raw []byte, text string, n int, yes bool) {
		text = strings.ToValidUTF8(text, "?")
		whole := artifact.ProbeDetails{
			Syscall: text, Call: text, Errno: &n, ErrnoName: &text, SourcePath: text, Layers: n, WorkerPID: n,
			PostState: &artifact.PostState{TargetExists: yes, TargetType: text, TargetSize: int64(n), SourceExists: &yes},
			Witness: &artifact.KernelWitness{Status: text, Reason: text, Denials: []artifact.KernelDenial{
				{Serial: uint64(n), Domain: text, Layer: n, Blockers: []string{text}, Object: map[string]string{text: text}},
			}},
		}
		written, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		read, err := artifact.Event{ProbeDetails: written}.Details()
		if diff := cmp.Diff(&whole, read); diff != "" || err != nil {
			t.Fatalf("%v (-written +read):\n%s", err, diff)
		}
		got, err := artifact.ResultsProbe{ProbeDetails: raw}.Details()
		baseline, err1 := artifact.BaselineRow{ProbeDetails: raw}.Details()
		event, err2 := artifact.Event{ProbeDetails: raw}.Details()
		if !cmp.Equal(got, baseline) || !cmp.Equal(got, event) || (err == nil) != (err1 == nil) || (err == nil) != (err2 == nil) {
			t.Fatalf("three rows read %q as %+v, %v; %+v, %v; %+v, %v", raw, got, err, baseline, err1, event, err2)
		}
		if err != nil || got == nil {
			return
		}
		once, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		back, err := artifact.Event{ProbeDetails: once}.Details()
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, once)
		}
		if twice, err := json.Marshal(back); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("not stable: %s, then %s, %v", once, twice, err)
		}
	})
}

// Reading row by row takes what reading whole takes, and refuses what it
// refuses; and what both take, encoding/json has always taken.
func FuzzRows(f *testing.F) {
	for _, doc := range testdata(f, artifact.RuntimeEventsFile) {
		f.Add(doc)
	}
	for _, doc := range []string{
		`[]`, `[{}]`, `[{"actual": "allow", "Actual": "deny"}]`, `[{"errno": 1, "errno": 2}]`, `[{"expectation_id": "\ud800"}]`, "[{\"target\": \"\xff\"}]",
		`[{"errno": 1.5}]`, `[{"errno": 1e3}]`, `[null]`, `[{}]{}`, `[{},]`, `null`, `{}`, "\xef\xbb\xbf[]", `[{"preflight": {"Tool": 1}}]`, `[{"probe_details": {"a": 1, "a": 2}}]`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var whole, streamed, loose []artifact.Event
		refused := artifact.Decode(doc, &whole)
		err := artifact.ReadEvents(iotest.OneByteReader(bytes.NewReader(doc)), func(e *artifact.Event) error {
			streamed = append(streamed, *e)
			return nil
		})
		if (err == nil) != (refused == nil) {
			// One level of the nesting that is allowed is the array's own, and a
			// row is no null.
			if err == nil && strings.Contains(refused.Error(), "deeper") || err != nil && strings.Contains(err.Error(), "not \"null") {
				return
			}
			t.Fatalf("%q: by row %v, whole %v", doc, err, refused)
		}
		if err != nil {
			return
		}
		if err := json.Unmarshal(doc, &loose); err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(whole)
		for _, other := range [][]artifact.Event{streamed, loose} {
			if b, _ := json.Marshal(append([]artifact.Event{}, other...)); string(a) != string(b) {
				t.Fatalf("%q: whole and otherwise:\n%s", doc, cmp.Diff(string(a), string(b)))
			}
		}
	})
}
