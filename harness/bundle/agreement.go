package bundle

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// ValidateDeep is Validate, and reads the documents too: each must be one, of
// this run, and all of them must agree on what was observed. It holds one row
// at a time and some hundred bytes a scenario, of a million at most.
func ValidateDeep(path string) (*Validation, error) {
	in, err := inspect(path)
	if err == nil {
		err = in.readDeep(nil)
	}
	return in.validation(err)
}

// readDeep adds what the documents say against each other to the findings, and
// the events to tests, unless that is nil. Its error means that they could not be
// read.
func (in *inspection) readDeep(tests *scenarioTests) error {
	// What is not what was committed needs no further word against it.
	if in.index == nil || in.has(integrityCodes...) {
		return nil
	}
	a := newAgreement(in, tests)
	for _, step := range []struct {
		name string
		read func(io.Reader) error
	}{
		{artifact.ExpectedMatrixFile, a.readMatrix},
		{artifact.RuntimeResultsFile, a.readResults},
		{artifact.BaselineResultsFile, a.readBaseline},
		{artifact.OracleResultsFile, a.readOracle}, // before the events, which have the kernel's records
		{artifact.RuntimeEventsFile, a.readEvents},
		{artifact.PathWitnessesFile, a.readPathWitnesses},
		{artifact.FixturesFile, a.readFixtures},
		{artifact.MismatchSummaryFile, a.readMismatches},
		{artifact.MismatchPacketsFile, a.readPackets},
		{artifact.ApplyPreflightFile, a.readPreflight},
	} {
		if err := a.document(step.name, step.read); err != nil {
			return err
		}
	}
	a.sumUp()
	return nil
}

// agreement is what the documents of one bundle have said so far. A document
// that is not in the index, or not what the index says, has said nothing:
// whether it may be missing is not asked here.
type agreement struct {
	in    *inspection
	tests *scenarioTests // may be nil
	seed  [2]maphash.Seed

	name string // of the document at hand
	said int    // findings about it

	read       map[string]bool           // documents that were read to their end
	scenarios  map[textSum]*scenario     // by expectation id
	attempts   map[textSum]*scenario     // by baseline name; nil where two have one name
	order      []*scenario               // the matrix's
	counts     map[string]map[string]int // by lane and outcome, as far as rows tell
	byType     map[string]int            // mismatches
	mismatched int                       // rows of runtime_results
	vacuous    int
	oracle     OracleAgreement
}

func newAgreement(in *inspection, tests *scenarioTests) *agreement {
	a := &agreement{in: in, tests: tests, seed: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	a.read, a.byType, a.counts = map[string]bool{}, map[string]int{}, map[string]map[string]int{}
	a.scenarios, a.attempts = map[textSum]*scenario{}, map[textSum]*scenario{}
	return a
}

// textSum stands for a text, so that a million of any length can be remembered.
type textSum [2]uint64

func (a *agreement) text(parts ...string) textSum {
	s := strings.Join(parts, "\x00")
	return textSum{maphash.String(a.seed[0], s), maphash.String(a.seed[1], s)}
}

// scenario is what is known of one. Texts are kept where two documents have
// them.
type scenario struct {
	expected, actual, base word
	status                 word
	errno                  int
	profile, name          textSum
	operation, target      textSum
	failure                textSum
	foretold               textSum // the first record of a denial, by a model; zero: none
	answered, callouts     textSum // the sandbox's answers, by oracle_results and by runtime_results; zero: none
	witnessed              word    // whether they bear the decision out
	chosen                 word    // what the one that speaks for the attempt says
	result, event, packet  bool
	baseline, mismatch     bool
	asked, contradicted    bool // a model was, and says otherwise than was observed
	predicted              word // by the model that was asked
}

// word is one of the few that decide.
type word uint8

const (
	noWord word = iota // null
	wordAllow
	wordDeny
	wordSuccess
	wordErrno
	wordBlocked
	otherWord
)

var words = map[string]word{"allow": wordAllow, "deny": wordDeny, "success": wordSuccess, "errno": wordErrno, "blocked": wordBlocked}

func wordOf(text *string) word {
	if text == nil {
		return noWord
	}
	if v, ok := words[*text]; ok {
		return v
	}
	return otherWord
}

func (w word) String() string {
	return [...]string{"null", "allow", "deny", "success", "errno", "blocked", "none of the known words"}[w]
}

// Limits on what a bundle can make a reader do.
const (
	maxScenarios     = 1 << 20
	maxMismatchTypes = 20
	maxDisagreements = 20 // findings about one document
)

// differ adds a finding about the document at hand.
func (a *agreement) differ(format string, args ...any) {
	if a.said++; a.said <= maxDisagreements {
		a.in.add(Disagrees, a.name, format, args...)
	}
}

// document reads one, if the bundle has it.
func (a *agreement) document(name string, read func(io.Reader) error) error {
	if _, ok := a.in.verified[name]; !ok {
		return nil
	}
	a.about(name)
	err := a.in.bundle().Stream(name, read)
	var bad *IntegrityError
	switch {
	case errors.As(err, &bad):
		a.in.findings = append(a.in.findings, bad.Findings...)
	case err != nil:
		return err
	default:
		a.read[name] = true
	}
	a.about("")
	return nil
}

// about begins with a document, and ends with the one before.
func (a *agreement) about(name string) {
	if more := a.said - maxDisagreements; more > 0 {
		a.in.add(Disagrees, a.name, "and %d more", more)
	}
	a.name, a.said = name, 0
}

// same compares what a document says with what the bundle does.
func (a *agreement) same(what, got, want string) {
	if got != want {
		a.differ("%s is %.140q, elsewhere in the bundle %.140q", what, got, want)
	}
}

// run compares the run and the world of a document, or of its row id, with the
// bundle's.
func (a *agreement) run(id, runID, worldID string) {
	a.sameIn(id, "run_id", runID, a.in.index.RunID)
	a.sameIn(id, "world_id", worldID, a.in.index.WorldID)
}

func (a *agreement) sameIn(id, what, got, want string) {
	if got != want && id != "" {
		what = fmt.Sprintf("row %.140q: %s", id, what)
	}
	a.same(what, got, want)
}

// find gives the scenario that a row speaks of, nil with a finding when the
// matrix has none such.
func (a *agreement) find(id string) *scenario {
	if s := a.scenarios[a.text(id)]; s != nil {
		return s
	}
	if a.read[artifact.ExpectedMatrixFile] {
		a.differ("row %.140q is of no scenario of %s", id, artifact.ExpectedMatrixFile)
	}
	return nil
}

// once sets a mark that says that a row was seen, and finds fault with a second
// one.
func (a *agreement) once(mark *bool, id string) {
	if *mark {
		a.differ("two rows %.140q", id)
	}
	*mark = true
}

// field compares one text of a row with what another document said of it.
func (a *agreement) field(id, what, got string, want textSum, where string) {
	if a.text(got) != want {
		a.differ("row %.140q: %s is %.140q, %s has another", id, what, got, where)
	}
}

// word compares one word.
func (a *agreement) word(id, what string, got, want word, where string) {
	if got != want {
		a.differ("row %.140q: %s is %s, %s has %s", id, what, got, where, want)
	}
}

func (a *agreement) count(lane, outcome string) {
	if a.counts[lane] == nil {
		a.counts[lane] = map[string]int{}
	}
	a.counts[lane][outcome]++
}

func orZero[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

var (
	errTooMany      = fmt.Errorf("more than %d scenarios", maxScenarios)
	errTooManyTypes = fmt.Errorf("more than %d mismatch types", maxMismatchTypes)
)
