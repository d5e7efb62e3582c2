package mapping

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// A run whose observations are all gone, with every digest in order, makes mappings
// in which nothing is ok, and which can be promoted over.
func TestNoObservations(t *testing.T) {
	for _, spec := range []made.BundleSpec{firstWorld, macWorld} {
		t.Run(spec.WorldID, func(t *testing.T) {
			root := t.TempDir()
			packet := makeBundle(t, filepath.Join(root, "bundle"), spec)
			err := made.ForgeEvents(packet, func([]artifact.Event) []artifact.Event { return []artifact.Event{} })
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(root, "mappings")
			for range 2 {
				p, err := Promote(Options{Packets: []string{packet}, Out: out, Root: root})
				if err != nil {
					t.Logf("Promote = %v", err)
					continue
				}
				if p.Observations != 0 {
					t.Errorf("%d observations", p.Observations)
				}
				if v, err := VerifyMappings(out); err != nil || len(v.Findings) > 0 {
					t.Errorf("VerifyMappings = %+v, %v", v, err)
				}
				for name, text := range tree(t, out) {
					if strings.Contains(text, "\"ok\"") {
						t.Errorf("%s says ok:\n%s", name, text)
					}
				}
				told := tell(t, setOf(t, out, spec.WorldID))
				for _, word := range []string{"ok", "allow", "deny", "covered_ok"} {
					if slices.Contains(strings.FieldsFunc(told, func(r rune) bool { return strings.ContainsRune(" ,:;\n", r) }), word) {
						t.Errorf("the mappings say %q:\n%s", word, told)
					}
				}
			}
		})
	}
}
