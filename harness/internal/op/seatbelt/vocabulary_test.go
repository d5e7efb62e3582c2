package seatbelt_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/registries"
)

// The vocabulary of macOS has the operations of its kernel and no other, in
// places without gaps; and it has the other names that a probe may use.
func TestVocabulary(t *testing.T) {
	data, err := registries.FS.ReadFile("vocab/seatbelt_ops.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		System string
		Ops    []struct {
			Name    string
			ID      int
			Aliases []string
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.System != "darwin" {
		t.Errorf("system %q, want darwin", doc.System)
	}
	var names []string
	for i, o := range doc.Ops {
		names = append(names, o.Name)
		if o.ID != i {
			t.Errorf("ops[%d], %s, has the id %d", i, o.Name, o.ID)
		}
		var want []string
		if attempted, ok := seatbelt.Lookup(o.Name); ok {
			want = attempted.Aliases
		}
		if diff := cmp.Diff(want, o.Aliases); diff != "" {
			t.Errorf("aliases of %s (-table +vocabulary):\n%s", o.Name, diff)
		}
		for _, alias := range o.Aliases {
			if kernel := seatbelt.KernelName(alias); kernel != o.Name {
				t.Errorf("%s has the alias %s, which is %s", o.Name, alias, kernel)
			}
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(slices.Sorted(slices.Values(seatbelt.KernelNames)), names); diff != "" {
		t.Errorf("names (-kernel +vocabulary):\n%s", diff)
	}
	for id, name := range map[int]string{
		0: "default", 1: "appleevent-send", 2: "authorization-right-obtain", 3: "boot-arg-set", 4: "device*", 21: "file-read*",
		41: "fs-quota*", 87: "mach*", 109: "network*", 118: "process*", 150: "syscall*", 184: "user-preference*", 195: "xpc-message-send",
	} {
		if id >= len(doc.Ops) || doc.Ops[id].Name != name {
			t.Errorf("operation %d is not %s", id, name)
		}
	}
}
