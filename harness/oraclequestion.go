package harness

import (
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// OracleQuestion asks what a policy decides about one operation. Profile or
// ProfileText is needed, and Operation; the rest may be empty.
type OracleQuestion struct {
	Profile     string `json:"profile,omitempty"`      // the file of the policy, from the current folder
	ProfileText string `json:"profile_text,omitempty"` // the policy itself, in place of a file
	// Operation is a name of Seatbelt under a policy of macOS; under one of
	// Landlock, a name that Operations lists or an alias of one.
	Operation string `json:"operation"`
	Target    string `json:"target"`           // what the operation is done to
	Source    string `json:"source,omitempty"` // the other path of a link or a rename, or the text of a symlink
	Syscall   string `json:"syscall,omitempty"`
	// FilterName is what the target is named by, of Seatbelt's operations that
	// know several: "local-name".
	FilterName string `json:"filter_name,omitempty"`
	// World is the id of the host the question is about. Empty: of Landlock this
	// host, of macOS any.
	World    string            `json:"world,omitempty"`
	Symlinks map[string]string `json:"symlinks,omitempty"` // further links of that host, by their own paths
	// Params are what (param "NAME") gives, and the values of variables that a
	// Landlock policy uses without defining them: workspace, home, scratch.
	Params map[string]string `json:"params,omitempty"`
}

// MaxOracleQuestion is how many bytes a question may have: the text of a policy
// may be long, and every byte of it an escape.
const MaxOracleQuestion = 8 << 20

// ParseOracleQuestion reads a question from its JSON object. The error, an
// *InputError, says all that is wrong with it on one line.
func ParseOracleQuestion(line []byte) (OracleQuestion, error) {
	if len(line) <= MaxOracleQuestion {
		if q, ok := quickQuestion(line); ok {
			return q, nil
		}
	}
	return parseQuestion(line)
}

// parseQuestion reads any question.
func parseQuestion(line []byte) (OracleQuestion, error) {
	var faults jsondoc.Faults
	var q OracleQuestion
	root := jsondoc.Parse(line, MaxOracleQuestion, &faults)
	o := root.Object()
	file, text := o.Opt("profile").OrNull(), o.Opt("profile_text").OrNull()
	q.Profile, q.ProfileText = file.Text(), text.Text()
	operation := o.Need("operation")
	q.Operation = operation.Text()
	q.Target = o.Need("target").OrNull().Text()
	q.Syscall = o.Opt("syscall").OrNull().Text()
	q.FilterName = o.Opt("filter_name").OrNull().Text()
	q.World = o.Opt("world").OrNull().Text()
	q.Symlinks = readTextMap(o.Opt("symlinks").OrNull())
	q.Params = readTextMap(o.Opt("params").OrNull())
	q.Source = o.Opt("source").OrNull().Text()
	o.End()
	if root.Kind() == jsondoc.Object && len(faults) == 0 {
		switch {
		case file.Present() && text.Present():
			text.Faultf("stands beside profile; give the policy once")
		case !file.Present() && !text.Present():
			root.Faultf("no policy; add profile, a file, or profile_text")
		case q.Profile == "" && q.ProfileText == "":
			root.Faultf("the policy is empty; name a file in profile, or give its text in profile_text")
		case q.Operation == "":
			operation.Faultf("empty; name an operation, such as file-read* or fs.read_file")
		}
	}
	if len(faults) == 0 {
		return q, nil
	}
	texts := make([]string, len(faults))
	for i, f := range faults {
		texts[i] = f.Msg // there is one line
		if f.ID != "" {
			texts[i] = f.ID + ": " + f.Msg
		}
	}
	return q, inputErrorf("%s", strings.Join(texts, "; "))
}

// readTextMap reads an object whose members are strings.
func readTextMap(v jsondoc.Value) map[string]string {
	o := v.Object()
	if o.Len() == 0 {
		return nil
	}
	m := make(map[string]string, o.Len())
	for key, v := range o.All() {
		m[key] = v.Text()
	}
	return m
}
