package artifact_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

func TestOpt(t *testing.T) {
	type doc struct {
		Errno artifact.Opt[int] `json:"errno,omitzero"`
	}
	for text, want := range map[string]doc{
		`{}`:             {},
		`{"errno":null}`: {artifact.Null[int]()},
		`{"errno":0}`:    {artifact.Some(0)},
		`{"errno":13}`:   {artifact.Maybe(new(13))},
	} {
		var got doc
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got != want {
			t.Errorf("%s decodes to %+v, want %+v", text, got, want)
		}
		back, err := json.Marshal(got)
		if err != nil || string(back) != text {
			t.Errorf("%s comes back as %s, %v", text, back, err)
		}
		if v, ok := got.Errno.Get(); ok != (got.Errno.Ptr() != nil) || ok && v != *got.Errno.Ptr() {
			t.Errorf("%s: Get gives %d, %v and Ptr %v", text, v, ok, got.Errno.Ptr())
		}
	}
	if err := json.Unmarshal([]byte(`{"errno":"13"}`), new(doc)); err == nil {
		t.Error("a string passed as an errno")
	}
}

func TestOrdered(t *testing.T) {
	const text = `{"z":1,"a":2,"é<&>":3}`
	var got artifact.Ordered[int]
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	want := artifact.Ordered[int]{{Key: "z", Value: 1}, {Key: "a", Value: 2}, {Key: "é<&>", Value: 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"z", "a", "é<&>"}, got.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if v, ok := got.Get("a"); v != 2 || !ok {
		t.Errorf(`Get("a") = %d, %v`, v, ok)
	}
	if v, ok := got.Get("b"); v != 0 || ok {
		t.Errorf(`Get("b") = %d, %v`, v, ok)
	}
	for in, want := range map[string]string{
		`[]`:            "not an object",
		`7`:             "not an object",
		`{"a":1,"a":2}`: `key "a" comes twice`,
		`{"a":"x"}`:     `"a": `,
	} {
		err := json.Unmarshal([]byte(in), new(artifact.Ordered[int]))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", in, err, want)
		}
	}
	if text, err := json.Marshal(artifact.Ordered[int](nil)); string(text) != "{}" {
		t.Errorf("nil writes %s, %v", text, err)
	}
}

func TestDetails(t *testing.T) {
	row := artifact.ResultsProbe{ProbeDetails: json.RawMessage(`{"syscall":"openat","call":"openat(…)","errno":13,"errno_name":"EACCES"}`)}
	got, err := row.Details()
	want := &artifact.ProbeDetails{Syscall: "openat", Call: "openat(…)", Errno: new(13), ErrnoName: new("EACCES")}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, none := range []json.RawMessage{nil, json.RawMessage("null")} {
		if got, err := (artifact.Event{ProbeDetails: none}).Details(); got != nil || err != nil {
			t.Errorf("%q gives %v, %v", none, got, err)
		}
	}
	if _, err := (artifact.BaselineRow{ProbeDetails: json.RawMessage(`[]`)}).Details(); err == nil {
		t.Error("an array passed as details")
	}
}

func TestReadMismatchPackets(t *testing.T) {
	for _, none := range []string{"", "\n"} {
		if got, err := artifact.ReadMismatchPackets(strings.NewReader(none)); len(got) != 0 || err != nil {
			t.Errorf("%q gives %v, %v", none, got, err)
		}
	}
	_, err := artifact.ReadMismatchPackets(strings.NewReader("{\"schema_version\": \"hardened-runtime-mismatch-packet.v0.1\"}\n[]\n"))
	if err == nil || !strings.Contains(err.Error(), "mismatch_packets.jsonl line 2: ") {
		t.Errorf("error %v, want one naming line 2", err)
	}
}
