package sbpl

import "github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"

// Source is the text of a profile with what it may ask for.
type Source struct {
	File   string // as messages name it
	Text   string
	Params map[string]string // what (param "NAME") gives
	// Import reads what (import "name") of a file names. Nil, and an error: the
	// rules of that profile are not known, which the answers say.
	Import func(from, name string) (file, text string, err error)
}

// Profile is what the run of a profile's text came to. It does not change and
// may be asked by many at once.
type Profile struct {
	rules   []Rule
	oneFile bool // all rules stand in one file
	indexes indexes
}

// Rules are the profile's rules in order.
func (p *Profile) Rules() []Rule { return p.rules }

// Compile runs the text. Its faults are those of a text that is no Scheme; what
// the model cannot evaluate is no fault.
func Compile(src Source) (*Profile, []sbpl.Fault) {
	return newMachine(src, filters{known, build}).compile()
}

// compile runs the text on a machine that has run nothing yet.
func (m *machine) compile() (*Profile, []sbpl.Fault) {
	forms, faults := sbpl.Read(m.source.Text)
	if len(faults) > 0 {
		return nil, faults
	}
	m.run(m.source.File, forms)
	return newProfile(append(m.rules, m.last...)), nil
}
