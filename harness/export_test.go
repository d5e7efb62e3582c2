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
