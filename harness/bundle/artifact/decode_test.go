package artifact_test

import (
	"io"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

func TestDecode(t *testing.T) {
	for _, doc := range []string{
		`{"schema_version": "x", "later": {"Results": 1}, "results": [{"status": null, "later": 1}]}`,
		`{"results": [{"probe_details": {"Errno": 1, "ERRNO": 2}}]}`, // not ours to read
	} {
		if err := artifact.Decode([]byte(doc), new(artifact.BaselineResults)); err != nil {
			t.Errorf("%s: %v", doc, err)
		}
	}
	if err := artifact.Decode([]byte(`{"demo:Read": {"probes": []}, "demo:read": {}}`), new(artifact.RuntimeResults)); err != nil {
		t.Errorf("profile ids are data: %v", err)
	}
	for doc, want := range map[string]string{
		`{"results": [{"Status": "allow"}]}`:                          `offset 14: key "Status" differs from "status" in case only`,
		`{"results": [{"primary_intent": {"Target": ""}}]}`:           `key "Target" differs`,
		`{"results": [{"exit_code": 1, "Exit_Code": 2}]}`:             `key "Exit_Code" differs`, // beneath an Opt's key
		`{"results": [{"exit_code": "1"}]}`:                           `results.exit_code is string, want a whole number that fits`,
		`{"results": [{"listener": {"port": "1"}}]}`:                  `results.listener.port is string, want a whole number that fits`,
		`{"results": [{"listener": {"port": 99999999999999999999}}]}`: `want a whole number that fits`,
		`{"results": {}}`: `results is object, want an array`,
		`[]`:              `want an object, not "[]"`,
		` null`:           `want an object, not "null"`,
		``:                `unexpected end`,
	} {
		err := artifact.Decode([]byte(doc), new(artifact.BaselineResults))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", doc, err, want)
		}
	}
	if err := artifact.Decode([]byte(`{}`), new([]artifact.Event)); err == nil || !strings.Contains(err.Error(), "want an array") {
		t.Errorf("error %v", err)
	}
}

// The error of a reader names the file, the row and the place.
func TestReadersNameThePlace(t *testing.T) {
	none := func(string, *artifact.ResultsProbe) error { return nil }
	for doc, want := range map[string]string{
		`{"p": {"probes": [{}, {"match": 1}]}}`:   `runtime_results.json: "p": "probes": row 1: offset 22: match is number, want true or false`,
		`{"p": {"probes": []}, "p": {}}`:          `runtime_results.json: offset 25: key "p" comes twice`,
		`{"p": {"Probes": []}}`:                   `key "Probes" differs from "probes" in case only`,
		`{"p": {"status": "ok", "status": "ok"}}`: `key "status" comes twice`,
		"{\"p\xff\": {}}":                         `offset 3: byte 0xff is not UTF-8`,
		`{"p\ud800": {}}`:                         `offset 1: string with half a surrogate pair`,
		`{"p": {"later": {"a": 1, "a": 2}}}`:      `key "a" comes twice`,
		`{"p": []}`:                               `want an object`,
	} {
		err := artifact.ReadResults(strings.NewReader(doc), none, func(string, *artifact.ResultsProfile) error { return nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: error %v, want %q", doc, err, want)
		}
	}
	_, err := artifact.ReadBaseline(strings.NewReader(`{"schema_version": "runtime-tools.baseline_results.v1.0", "results": []}`), nil)
	if err == nil || !strings.Contains(err.Error(), "v0 only") {
		t.Errorf("error %v", err)
	}
	// A row without end does not fill the memory.
	endless := io.MultiReader(strings.NewReader(`[{"target": "`), repeat('x'))
	if err := artifact.ReadEvents(endless, nil); err == nil || !strings.Contains(err.Error(), "a value of more than") {
		t.Errorf("error %v", err)
	}
}

// repeat is a reader that does not end.
type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func TestCheckID(t *testing.T) {
	for _, id := range []string{"demo:read:r1", "a b", "é", strings.Repeat("x", 4096)} {
		if err := artifact.CheckID("id", id); err != nil {
			t.Errorf("%.40q: %v", id, err)
		}
	}
	for _, id := range []string{"", "\x1b[2J", "a\nb", "a\x00", "\xff", "\ufffd", "\u202e", "\u200b", strings.Repeat("x", 4097)} {
		if err := artifact.CheckID("id", id); err == nil || !strings.HasPrefix(err.Error(), "id ") {
			t.Errorf("%.40q: %v", id, err)
		}
	}
}
