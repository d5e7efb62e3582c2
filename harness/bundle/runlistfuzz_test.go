package bundle_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rtgen/rtgen/harness/bundle"
)

// FuzzListRuns puts any bytes in the place of the documents a list reads. The
// laws: the folder is listed, on one line; what then passes Verify as committed
// loads; and what loads is no worse than damaged by its summary.
func FuzzListRuns(f *testing.F) {
	out := filepath.Join(f.TempDir(), "out")
	dir := newRun("r1").write(f, out)
	whole := map[string]string{}
	names := []string{bundle.IndexFile, bundle.StatusFile, bundle.SummaryFile}
	for i, name := range names {
		whole[name] = read(f, dir, name)
		f.Add(uint8(i), []byte(whole[name]))
		f.Add(uint8(i), []byte(strings.ReplaceAll(whole[name], "r1", "r2")))
		f.Add(uint8(i), []byte(strings.Repeat("[", 5000)))
		f.Add(uint8(i), []byte("{}"))
	}
	status := whole[bundle.StatusFile]
	f.Add(uint8(1), []byte(strings.Replace(status, "complete", "in_progress", 1)))
	f.Add(uint8(1), []byte(strings.Replace(status, `"error": null`, `"error": "a\nb\u001b[2J"`, 1)))
	f.Add(uint8(1), []byte(strings.Replace(status, "demo.v1", strings.Repeat("é\xff", 5000), 1)))
	f.Add(uint8(1), []byte(strings.Replace(status, "1767459285.07", "1e308", 1)))
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		name := names[int(which)%len(names)]
		put(t, string(text), dir, name)
		defer put(t, whole[name], dir, name)
		l := list(t, out)
		if len(l.Runs) != 1 {
			t.Fatalf("listed %+v", l)
		}
		r := &l.Runs[0]
		for _, text := range []string{r.Detail, r.PlanID, r.Channel, r.WorldID, string(r.Status)} {
			if strings.Contains(text, "\n") || len(text) > 310 || !utf8.ValidString(text) {
				t.Fatalf("a row cannot hold %q", text)
			}
		}
		if r.UpdatedAt < 0 || r.UpdatedAt > 1e12 {
			t.Fatalf("no such time: %v", r.UpdatedAt)
		}
		_, err := bundle.Load(dir)
		l.Verify()
		committed := r.Standing == bundle.StandingCommitted || r.Standing == bundle.StandingDry
		if committed && err != nil || !committed && err == nil && r.Standing != bundle.StandingDamaged {
			t.Fatalf("listed as %s (%s), Load = %v", r.Standing, r.Detail, err)
		}
	})
}
