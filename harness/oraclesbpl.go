package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/nearest"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// sbplPolicy is a policy of macOS.
type sbplPolicy struct{ profile *sbpl.Profile }

func loadSBPL(name, text string, q *OracleQuestion) (oraclePolicy, error) {
	beside := func(file string) bool { return q.Profile != "" || file != name }
	profile, faults := sbpl.Compile(sbpl.Source{File: name, Text: text, Params: q.Params, Import: importer(beside)})
	if len(faults) == 0 {
		return sbplPolicy{profile}, nil
	}
	var found jsondoc.Faults
	for _, f := range faults {
		found.Add(f.Line, "", "column %d: %s", f.Column, f.Msg)
	}
	return nil, dataError(name, found)
}

// systemProfiles are the folders that macOS itself looks for imported profiles
// in.
var systemProfiles = []string{"/System/Library/Sandbox/Profiles", "/usr/share/sandbox"}

// importer reads what (import "name") of a profile names: beside the profile,
// else among the system's own. Beside says whether a profile lies anywhere.
func importer(beside func(file string) bool) func(from, name string) (file, text string, err error) {
	return func(from, name string) (file, text string, err error) {
		if filepath.IsAbs(name) {
			return readImport(filepath.Base(name), filepath.Dir(name))
		}
		if beside(from) {
			return readImport(name, append([]string{filepath.Dir(from)}, systemProfiles...)...)
		}
		return readImport(name, systemProfiles...)
	}
}

// readImport reads a file in the first of some folders that has it.
func readImport(name string, folders ...string) (file, text string, err error) {
	for _, dir := range folders {
		file := filepath.Join(dir, name)
		data, err := readGiven(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return "", "", fmt.Errorf("%s: %s", file, plainReason(err))
		}
		return file, string(data), nil
	}
	return "", "", fmt.Errorf("no %s in %s", name, strings.Join(folders, ", "))
}

func (p sbplPolicy) ask(o *Oracle, q *OracleQuestion) (OracleAnswer, error) {
	switch {
	case !seatbelt.Known(q.Operation):
		fix := "; name one, such as file-read*"
		if near := seatbelt.Nearest(q.Operation); near != "" {
			fix = nearest.Meant(near)
		}
		return OracleAnswer{}, inputErrorf("Seatbelt has no operation %q%s", q.Operation, fix)
	case q.Source != "":
		return OracleAnswer{}, inputErrorf("source is for the links and renames of Landlock, and the policy is Seatbelt's; leave it out")
	}
	w, err := o.seatbelt.get(q.scene(), sceneKey.size, func() (*sbpl.World, error) { return seatbeltWorld(q) })
	if err != nil {
		return OracleAnswer{}, err
	}
	a := p.profile.Ask(sbpl.Question{Operation: q.Operation, Target: q.Target, Syscall: q.Syscall, FilterName: q.FilterName, World: w})
	answer := OracleAnswer{Decision: string(a.Decision), Operation: q.Operation, Target: q.Target, Missing: []OracleMissing{}, Reason: a.Reason}
	if a.Resolved != "" {
		answer.Resolved = &a.Resolved
	}
	if r := a.Rule; r != nil {
		answer.Rule = &OracleRule{File: r.File, Line: r.Line, Text: r.Text}
	}
	for _, c := range a.Missing {
		answer.Missing = append(answer.Missing, OracleMissing{Right: c.Operation, Target: c.Target})
	}
	if a.Decision == sbpl.Unknown {
		answer.Doubt = firstDoubt(a.Checks)
	}
	return answer, nil
}

// firstDoubt is the form for which a decision is not known; nil when that is no
// form of the profile.
func firstDoubt(checks []sbpl.Check) *OracleDoubt {
	i := slices.IndexFunc(checks, func(c sbpl.Check) bool { return c.Decision == sbpl.Unknown })
	if i < 0 || checks[i].Doubt == nil || checks[i].Doubt.Line == 0 {
		return nil
	}
	d := checks[i].Doubt
	return &OracleDoubt{File: d.File, Line: d.Line, Text: d.Form, Why: d.Why}
}

func seatbeltWorld(q *OracleQuestion) (*sbpl.World, error) {
	w := sbpl.MacOS()
	var err error
	if q.World != "" {
		if w, err = sbpl.FindWorld(q.World); err != nil {
			return nil, &InputError{err}
		}
	}
	if len(q.Symlinks) == 0 {
		return w, nil
	}
	if w, err = w.With(q.Symlinks); err != nil {
		return nil, &InputError{err}
	}
	return w, nil
}
