package mapping

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/schema"
)

var packetSets = []struct {
	text  string
	reads bool
}{
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": ["a.json", "/b.json"]}`, true},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": [], "allow_missing": false, "world_id": "w"}`, true},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"], "allow_missing": null, "world_id": null}`, true},
	{`{"schema_version": "runtime.packet_set.v0.2", "packets": ["a"]}`, false},
	{`{"packets": ["a"]}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1"}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": null}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": "a"}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": [1]}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": [null]}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": [""]}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": ["a\u0000"]}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"], "world_id": ""}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"], "allow_missing": 1}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"], "allow_mising": false}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"], "Packets": ["b"]}`, false},
	{`{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"], "packets": ["b"]}`, false},
	{`[]`, false}, {``, false}, {`{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"]} {}`, false},
}

func TestPacketSet(t *testing.T) {
	for _, tt := range packetSets {
		file := filepath.Join(t.TempDir(), "set.json")
		put(t, tt.text, file)
		set, err := LoadPacketSet(file)
		if (err == nil) != tt.reads {
			t.Errorf("LoadPacketSet of %s = %+v, %v", tt.text, set, err)
		}
		if tt.reads {
			checkSchema(t, file, SchemaPacketSet)
		}
	}
	set, err := parsePacketSet([]byte(packetSets[0].text))
	if want := (&PacketSet{SchemaPacketSet, []string{"a.json", "/b.json"}, true, ""}); err != nil || !reflect.DeepEqual(set, want) {
		t.Errorf("parsePacketSet = %+v, %v", set, err)
	}
	if set, err = parsePacketSet([]byte(packetSets[1].text)); err != nil || set.AllowMissing || set.WorldID != "w" {
		t.Errorf("parsePacketSet = %+v, %v", set, err)
	}
}

// What reads is what it is when it is written again, and what the schema allows.
func FuzzPacketSet(f *testing.F) {
	for _, tt := range packetSets {
		f.Add([]byte(tt.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := parsePacketSet(data)
		if err != nil {
			return
		}
		if found, err := schema.Validate(SchemaPacketSet, data); err != nil || len(found) > 0 {
			t.Fatalf("%q reads, and its schema has %v, %v", data, found, err)
		}
		again, err := artifact.Encode(set, artifact.Indented)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := parsePacketSet(again); err != nil || !reflect.DeepEqual(same, set) {
			t.Fatalf("%q reads as %+v, written again as %+v, %v", data, set, same, err)
		}
	})
}

// A mapping index that reads is what it is when it is written again, and its files
// lie in its folder.
func FuzzMappingIndex(f *testing.F) {
	g := newGenerations(f)
	data, err := os.ReadFile(filepath.Join(g.kept, IndexFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for _, change := range [][2]string{
		{`"path": "op_runtime_summary.json"`, `"path": "../op_runtime_summary.json"`},
		{`"path": "op_runtime_summary.json"`, `"path": "/etc/passwd"`},
		{`"path": "op_runtime_summary.json"`, `"path": "zz"`},
		{`"path": "op_runtime_summary.json"`, `"path": "mapping_index.json"`},
		{`"size": `, `"size": -`}, {`"files": [`, `"files": null, "was": [`}, {`"sets": [`, `"sets": [], "was": [`},
		{`"path": "."`, `"path": ".."`}, {`"receipt_sha256"`, `"was"`}, {SchemaIndex, SchemaReceipt},
	} {
		changed := bytes.Replace(data, []byte(change[0]), []byte(change[1]), 1)
		if x, err := readIndex(bytes.NewReader(changed)); err == nil {
			f.Errorf("with %s for %s it reads: %+v", change[1], change[0], x)
		}
		f.Add(changed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := readIndex(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, file := range x.Files {
			if !filepath.IsLocal(file.Path) {
				t.Fatalf("%q is no path in the folder", file.Path)
			}
		}
		var again bytes.Buffer
		if err := x.write(&again); err != nil {
			t.Fatal(err)
		}
		if same, err := readIndex(&again); err != nil || !reflect.DeepEqual(same, x) {
			t.Fatalf("%q reads as %+v, written again as %+v, %v", data, x, same, err)
		}
	})
}
