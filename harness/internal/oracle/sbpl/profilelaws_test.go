package sbpl_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
	reader "github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// laws are what may be done to a profile or a question without another answer.
var laws = []struct {
	name    string
	profile func(t *testing.T, src sbpl.Source) sbpl.Source
	target  func(path string) string // of an absolute path; nil: it stays
	moved   bool                     // rules stand elsewhere afterwards
}{
	{name: "imported", profile: imported},
	{name: "printed", profile: printed, moved: true},
	{name: "in begin", profile: func(_ *testing.T, src sbpl.Source) sbpl.Source {
		src.Text = "(begin " + src.Text + ")"
		return src
	}},
	{name: "behind rules that are overridden", profile: func(_ *testing.T, src sbpl.Source) sbpl.Source {
		src.Text = `(allow default)(deny file-read* (subpath "/nowhere")) ` + src.Text
		return src
	}},
	{name: "a parameter nobody asks for", profile: func(_ *testing.T, src sbpl.Source) sbpl.Source {
		src.Params["STRANGER"] = "TRUE"
		return src
	}},
	{name: "dots", target: func(path string) string { return "/./usr/.." + path }},
	{name: "slashes", target: func(path string) string { return strings.ReplaceAll(path, "/", "//") }},
	{name: "data volume", target: func(path string) string {
		for _, folder := range []string{"/Users/", "/private/", "/Library/", "/opt/", "/Volumes/"} {
			if strings.HasPrefix(path, folder) {
				return "/System/Volumes/Data" + path
			}
		}
		return path
	}},
}

// imported gives a profile that does nothing but import the one it is given.
func imported(_ *testing.T, src sbpl.Source) sbpl.Source {
	return sbpl.Source{
		File: "outer.sb", Text: `(version 1) (import "inner")`, Params: src.Params,
		Import: func(from, name string) (file, text string, err error) {
			if from == "outer.sb" {
				return src.File, src.Text, nil
			}
			return src.Import(from, name)
		},
	}
}

func printed(t *testing.T, src sbpl.Source) sbpl.Source {
	forms, faults := reader.Read(src.Text)
	if faults != nil {
		t.Fatal(faults)
	}
	src.Text = reader.Print(forms)
	return src
}

// What does not change a profile's meaning, or the object that a path leads to,
// changes no answer.
func TestProfileLaws(t *testing.T) {
	for _, profile := range examNames(t) {
		t.Run(strings.TrimSuffix(profile, ".sb"), func(t *testing.T) {
			e, text := readExam(t, profile)
			before := compiled{}
			after := make([]compiled, len(laws))
			for i := range e.Questions {
				q := e.Questions[i]
				src := e.source(profile, text, &q)
				itself, _ := e.ask(t, before.profile(t, src), profile, &q)
				for j, law := range laws {
					q, src, want := q, e.source(profile, text, &q), itself
					if law.profile != nil {
						src = law.profile(t, src)
					}
					if law.target != nil && strings.HasPrefix(q.Target, "/") {
						q.Target = law.target(q.Target)
					}
					if after[j] == nil {
						after[j] = compiled{}
					}
					got, reason := e.ask(t, after[j].profile(t, src), profile, &q)
					if law.moved {
						got, want = decisionOf(got), decisionOf(want)
					}
					if got != want {
						t.Errorf("%s: %v: %s, and %s by itself: %s", law.name, &q, got, want, reason)
					}
				}
			}
		})
	}
}

// decisionOf is an answer without the place that says so.
func decisionOf(answer string) string { return strings.Fields(answer)[0] }
