package seatbelt_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
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
	// The table of another release is another vocabulary: this one stays as it is.
	const table = "09e8b0e715303666fcc5dc81d9c799f1e8fcd0377298759a13066b8d41fdfb0a"
	if sum := sha256.Sum256([]byte(strings.Join(names, "\n"))); hex.EncodeToString(sum[:]) != table {
		t.Errorf("the order of the operations is no longer that of libsandbox: digest %x", sum)
	}
	slices.Sort(names)
	if diff := cmp.Diff(slices.Sorted(slices.Values(seatbelt.KernelNames)), names); diff != "" {
		t.Errorf("names (-kernel +vocabulary):\n%s", diff)
	}
}
