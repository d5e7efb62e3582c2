package sbpl_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// profiles are the profiles of testdata with their questions.
var profiles = os.DirFS(filepath.Join("testdata", "profiles"))

// exam is what stands beside a profile: who writes such ones, and what the model
// must answer about it.
type exam struct {
	Shape     string            `json:"shape"`
	Params    map[string]string `json:"params"`
	Symlinks  map[string]string `json:"symlinks"`
	Questions []examQuestion    `json:"questions"`
}

type examQuestion struct {
	Operation  string             `json:"operation"`
	Target     string             `json:"target"`
	Syscall    string             `json:"syscall"`
	FilterName string             `json:"filter_name"`
	Symlinks   map[string]string  `json:"symlinks"` // beside those of the exam
	Params     map[string]*string `json:"params"`   // over those of the exam; null takes one away
	Decision   sbpl.Decision      `json:"decision"`
	File       string             `json:"file"` // where the line is; empty: the profile
	Line       int                `json:"line"` // of the rule that decides, of the form in doubt; null: nothing says so
	Why        string             `json:"why"`
}

// examNames are the profiles, the parts that others import not among them.
func examNames(tb testing.TB) []string {
	tb.Helper()
	names, err := fs.Glob(profiles, "*.sb")
	if err != nil || len(names) == 0 {
		tb.Fatalf("no profiles: %v", err)
	}
	return names
}

func readExam(tb testing.TB, profile string) (exam, string) {
	tb.Helper()
	text, err := fs.ReadFile(profiles, profile)
	if err != nil {
		tb.Fatal(err)
	}
	data, err := fs.ReadFile(profiles, strings.TrimSuffix(profile, ".sb")+".json")
	if err != nil {
		tb.Fatal(err)
	}
	var e exam
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		tb.Fatalf("%s: %v", profile, err)
	}
	return e, string(text)
}

// source is the profile as a question has it.
func (e *exam) source(profile, text string, q *examQuestion) sbpl.Source {
	params := map[string]string{}
	for name, value := range e.Params {
		params[name] = value
	}
	for name, value := range q.Params {
		if value == nil {
			delete(params, name)
		} else {
			params[name] = *value
		}
	}
	return sbpl.Source{File: profile, Text: text, Params: params, Import: importPart}
}

// compiled keeps the profiles that were compiled, by their parameters: most
// questions have the same.
type compiled map[string]*sbpl.Profile

func (c compiled) profile(t *testing.T, src sbpl.Source) *sbpl.Profile {
	t.Helper()
	key := fmt.Sprint(src.Params)
	if c[key] == nil {
		p, faults := sbpl.Compile(src)
		if faults != nil {
			t.Fatalf("%s: %v", src.File, faults)
		}
		c[key] = p
	}
	return c[key]
}

// importPart reads a part from beside the profile, as a host does.
func importPart(from, name string) (file, text string, err error) {
	file = path.Join(path.Dir(from), name)
	data, err := fs.ReadFile(profiles, file)
	return file, string(data), err
}

// ask gives the model's answer as an exam has it, the decision and the line that
// says so, and its reason.
func (e *exam) ask(t *testing.T, p *sbpl.Profile, profile string, q *examQuestion) (answer, reason string) {
	t.Helper()
	world := sbpl.MacOS()
	for _, links := range []map[string]string{e.Symlinks, q.Symlinks} {
		if len(links) == 0 {
			continue
		}
		var err error
		if world, err = world.With(links); err != nil {
			t.Fatal(err)
		}
	}
	a := p.Ask(sbpl.Question{
		Operation: q.Operation, Target: q.Target, Syscall: q.Syscall, FilterName: q.FilterName, World: world,
	})
	if a.Reason == "" || strings.Contains(a.Reason, "\n") {
		t.Errorf("reason %q, want one line", a.Reason)
	}
	var at sbpl.Place
	switch {
	case a.Rule != nil:
		at = a.Rule.Place
	case a.Decision == sbpl.Unknown:
		for _, c := range a.Checks {
			if c.Doubt != nil {
				at = c.Doubt.Place
				break
			}
		}
	}
	return line(a.Decision, at, profile), a.Reason
}

func line(d sbpl.Decision, at sbpl.Place, profile string) string {
	switch {
	case at.Line == 0:
		return string(d)
	case at.File == "" || at.File == profile:
		return fmt.Sprintf("%s by line %d", d, at.Line)
	default:
		return fmt.Sprintf("%s by line %d of %s", d, at.Line, at.File)
	}
}

func (q *examQuestion) String() string {
	s := q.Operation + " " + q.Target
	for _, more := range []string{q.Syscall, q.FilterName} {
		if more != "" {
			s += ", " + more
		}
	}
	for _, more := range []any{q.Symlinks, q.Params} {
		if text, err := json.Marshal(more); err == nil && string(text) != "null" {
			s += " " + string(text)
		}
	}
	return s
}

// Every profile answers every question as its exam says.
func TestProfiles(t *testing.T) {
	count := map[sbpl.Decision]int{}
	for _, profile := range examNames(t) {
		t.Run(strings.TrimSuffix(profile, ".sb"), func(t *testing.T) {
			e, text := readExam(t, profile)
			known := compiled{}
			for i := range e.Questions {
				q := &e.Questions[i]
				count[q.Decision]++
				want := line(q.Decision, sbpl.Place{File: q.File, Line: q.Line}, profile)
				if got, reason := e.ask(t, known.profile(t, e.source(profile, text, q)), profile, q); got != want {
					t.Errorf("%s\n- %s: %s\n+ %s: %s", q, want, q.Why, got, reason)
				}
			}
		})
	}
	t.Logf("%d allowed, %d denied, %d unknown", count[sbpl.Allow], count[sbpl.Deny], count[sbpl.Unknown])
}

// An exam that is not about what its profile says proves nothing.
func TestExams(t *testing.T) {
	readme, err := fs.ReadFile(profiles, "README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range examNames(t) {
		if name := strings.TrimSuffix(profile, ".sb"); !strings.Contains(string(readme), "`"+name+"`") {
			t.Errorf("README.md does not say what %s is", name)
		}
		e, text := readExam(t, profile)
		lines := strings.Split(text, "\n")
		if len(e.Questions) < 15 || e.Shape == "" {
			t.Errorf("%s: %d questions and shape %q, want 15 and a shape", profile, len(e.Questions), e.Shape)
		}
		asked := map[string]bool{}
		said := map[sbpl.Decision]bool{}
		for _, q := range e.Questions {
			said[q.Decision] = true
			if asked[q.String()] {
				t.Errorf("%s: %v is asked twice", profile, &q)
			}
			asked[q.String()] = true
			at := lines
			if q.File != "" {
				_, part, err := importPart(profile, q.File)
				if err != nil {
					t.Error(err)
				}
				at = strings.Split(part, "\n")
			}
			if q.Line > len(at) || q.Line > 0 && strings.TrimSpace(at[q.Line-1]) == "" || q.Why == "" {
				t.Errorf("%s: %v: line %d and why %q", profile, &q, q.Line, q.Why)
			}
		}
		if !said[sbpl.Allow] || !said[sbpl.Deny] {
			t.Errorf("%s: its questions have one answer: %v", profile, said)
		}
	}
}
