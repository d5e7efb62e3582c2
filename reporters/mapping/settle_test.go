package mapping

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const someName = "AAAAAAAAAAAAAAAAAAAAAAAAAA" // as rand.Text makes them

// Old mappings that cannot be given their name back are not thrown away: there are
// no others.
func TestOldMappingsThatStayAside(t *testing.T) {
	for _, place := range []string{"rename", "syncDir"} {
		t.Run(place, func(t *testing.T) {
			g := newGenerations(t)
			dir, err := g.start(false)
			defer os.RemoveAll(dir)
			if err != nil {
				t.Fatal(err)
			}
			aside := filepath.Join(dir, ".m"+old+someName)
			if err := os.Rename(filepath.Join(dir, "m"), aside); err != nil {
				t.Fatal(err)
			}
			s := newCounted(func(_ int, at, _ string) error {
				if at == place {
					return syscall.EIO
				}
				return nil
			})
			if _, err := promote(s, g.second(dir)); !errors.Is(err, syscall.EIO) || !strings.Contains(err.Error(), "their name back") {
				t.Errorf("promote = %v", err)
			}
			if place == "syncDir" {
				aside = filepath.Join(dir, "m")
			}
			if v, err := VerifyMappings(aside); err != nil || !v.OK() {
				t.Errorf("the old mappings: %+v, %v", v, err)
			}
			if err := g.next(dir); err != nil {
				t.Error(err)
			}
		})
	}
}

// A folder that somebody made to look like a promotion's, with a symlink in it, does
// not have the files removed that the symlink leads to.
func TestFalseMappingsBeside(t *testing.T) {
	for _, kind := range []string{ready, old} {
		t.Run(kind, func(t *testing.T) {
			g := newGenerations(t)
			dir, err := g.start(false)
			defer os.RemoveAll(dir)
			if err != nil {
				t.Fatal(err)
			}
			others := filepath.Join(dir, "others")
			put(t, "mine", others, "runtime_coverage.json")
			fake := filepath.Join(dir, ".m"+kind+someName)
			if err := os.Mkdir(fake, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(others, filepath.Join(fake, "a")); err != nil {
				t.Skip(err)
			}
			put(t, tree(t, g.kept)[IndexFile], fake, IndexFile)
			edit(t, filepath.Join(fake, IndexFile), `"path": "`+OpSummaryFile, `"path": "a/`+CoverageFile)
			p, err := promote(quiet{}, g.second(dir))
			if got := tree(t, others)[CoverageFile]; got != "mine" {
				t.Errorf("the file of others is %q", got)
			}
			if err == nil || !strings.Contains(err.Error(), fake) {
				t.Errorf("promote = %+v, %v, want an error that names %s", p, err, fake)
			}
		})
	}
}
