//go:build linux && seatbelt_fake

package worker_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/worker"
)

// FuzzHear holds that whatever a process says, its probe has a result or is lost,
// and that a result comes from a process that was done or from one that became
// what it had announced last.
func FuzzHear(f *testing.F) {
	for _, text := range []string{
		"",
		`{"Stage":"done"}`,
		`{"Stage":"ready","Answer":{"Apply":{"API":"sandbox_init"}}}` + "\n" + `{"Stage":"done","Answer":{"Result":{"errno":1}}}`,
		`{"Stage":"becomes","Answer":{"Result":{"call":"execve()"}}}`,
		`{"Stage":"becomes","Answer":{"Bootstrap":{"Program":"/x"}}}` + "\n" + `{"Stage":"up"}` + "\n" + `{"Stage":"done","Answer":{"Result":{}}}`,
		`{"Stage":"becomes","Answer":{"Bootstrap":{"Program":"/x"}}}` + "\n" + `{"Stage":"ready","Answer":{"Result":{}}}`,
		`{"Stage":"ready","Answer":{"Result":{}}}`,
		`{"Stage":"up","Answer":{"Result":{}}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stages, understood, ans := worker.Hear(text)
		done := understood > 0 && stages[understood-1] == "done"
		if lost := ans.Lost != nil; lost == (done || ans.Result != nil) {
			t.Fatalf("%q: done %v, result %+v, lost %+v", text, done, ans.Result, ans.Lost)
		}
		if ans.Lost != nil && (ans.Lost.Epitaph == "" || strings.Contains(ans.Lost.Epitaph, "\n")) {
			t.Fatalf("%q: epitaph %q", text, ans.Lost.Epitaph)
		}
		if ans.Result != nil && !done && !slices.Contains(stages[:understood], "becomes") {
			t.Fatalf("%q: a result %+v of a process that neither was done nor became anything", text, ans.Result)
		}
	})
}
