package harness

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

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

// ExpectedMatrix is the expected_matrix.json of a run in a world.
func (c *Compiled) ExpectedMatrix(worldID string) ([]byte, error) {
	docs, _, err := evidence.Derive(evidence.Run{RunID: "r", WorldID: worldID, DryRun: true, Matrix: c.matrix()}, nil)
	for _, doc := range docs {
		if doc.Name == artifact.ExpectedMatrixFile {
			return doc.Data, err
		}
	}
	return nil, err
}

// Of an expected matrix: how it is read, and how a plan writes one.
var (
	ReadMatrix  = readMatrix
	WriteMatrix = expectedMatrix
)

// RuntimeProfiles are the texts that a run of a matrix leaves.
var RuntimeProfiles = runtimeProfiles

// GreetSeatbelt takes in what a worker on macOS measured of itself.
func (p *Preflight) GreetSeatbelt(self *worker.SelfCheck) { p.greetSeatbelt(self) }
