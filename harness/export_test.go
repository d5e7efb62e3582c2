package harness

// What the tests must reach inside.
var (
	Identifier = identifier
	DidYouMean = didYouMean
	SameWorld  = sameWorld

	ParseQuestion = parseQuestion // the slow way, for all that can stand there
)

// ListPlansWithin is ListPlans of a root that may hold limit files and folders.
func (s Source) ListPlansWithin(limit int) ([]PlanListing, error) { return s.listPlans(limit) }

// ParseTemplate reads a template as one of the program's own.
func ParseTemplate(file File) (*PlanTemplate, error) {
	return parseTemplate(file, folder{tree: builtin, below: templatesFolder}, folder{tree: builtin})
}

// Remembered is what an oracle keeps, for tests to fill.
type Remembered struct{ values remembered[string, int] }

// MaxRememberedBytes is how large the texts of what is kept may be together.
const MaxRememberedBytes = maxRememberedBytes

// Get makes a value unless it is kept.
func (r *Remembered) Get(key string, size int, value func() (int, error)) (int, error) {
	return r.values.get(key, func(string) int { return size }, value)
}
