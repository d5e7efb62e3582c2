package mapping

import (
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// SignaturesMetadata is the envelope of runtime_signatures.json.
type SignaturesMetadata struct {
	WorldID       string                  `json:"world_id"`
	Inputs        []string                `json:"inputs"`       // story, coverage, packets, field2
	InputHashes   analysis.Hashes         `json:"input_hashes"` // also of manifests and of the expected matrix
	SourceJobs    []string                `json:"source_jobs"`
	Status        analysis.Health         `json:"status"`
	Tier          string                  `json:"tier"`
	Notes         string                  `json:"notes"`
	Provenance    SignaturesProvenance    `json:"provenance"`
	RunProvenance *analysis.RunProvenance `json:"run_provenance"`
}

// SignaturesProvenance says which documents the signatures were made from.
type SignaturesProvenance struct {
	RuntimeStory    string `json:"runtime_story"`
	RuntimeCoverage string `json:"runtime_coverage"`
}

// SignatureProfile is what is known of one profile beside its decisions.
type SignatureProfile struct {
	RuntimeProfile string `json:"runtime_profile"` // the policy's file that was applied
}

const (
	signatureNotes = "Each profile's decisions as they were observed, null where nobody observed one. Nothing is drawn from models or callouts."
	referenceNotes = "Each profile's decisions. Where there was no mismatch the expected decision is stated: also decisions that nobody observed, of probes that were blocked, unobserved or undecided. Nothing is drawn from models or callouts."
)

// signatures gathers runtime_signatures.json. Of the observations it keeps what
// was seen of each expectation, and nothing of callouts.
type signatures struct {
	set     *set
	seen    map[string]*sighting // by expectation
	applied map[string]SignatureProfile
}

// sighting is what observations and story say of one expectation.
type sighting struct {
	decision decision
	vacuous  bool   // it was denied, and is without the policy too
	scenario string // that covers it; empty: none does
	class    class
}

func newSignatures(s *set) *signatures {
	return &signatures{set: s, seen: map[string]*sighting{}, applied: map[string]SignatureProfile{}}
}

// of is the sighting of an expectation.
func (g *signatures) of(expectation string) *sighting {
	s, known := g.seen[expectation]
	if !known {
		s = new(sighting)
		g.seen[expectation] = s
	}
	return s
}

func (g *signatures) observe(_ *source, e *artifact.Event) error {
	if _, known := g.applied[e.ProfileID]; !known {
		if file, ok := runtimeProfile(e.Command); ok {
			g.applied[e.ProfileID] = SignatureProfile{named(g.set.root, file)}
		}
	}
	if e.ExpectationID == "" || !analysis.Observed(e) {
		return nil
	}
	// Where an operation was attempted more than once, a mismatch has the word.
	if s := g.of(e.ExpectationID); s.decision == unseen || e.Match != nil && !*e.Match {
		s.decision, s.vacuous = decisionOf(*e.Actual), analysis.Vacuous(e)
	}
	return nil
}

// speaks reports whether the document states a decision of the expectation:
// somebody saw it, or nobody need have.
func (g *signatures) speaks(expectation string) bool {
	s, known := g.seen[expectation]
	return known && s.decision != unseen || g.set.opts.ReferenceSignatures
}

// passes reports whether an expectation of which there is no mismatch was met. That
// nobody called it a mismatch is not enough.
func (g *signatures) passes(e *analysis.Expectation) bool {
	s, known := g.seen[e.ExpectationID]
	return known && s.decision != unseen && s.decision == decisionOf(e.Expected) || g.set.opts.ReferenceSignatures
}

func (g *signatures) write(file string, story *analysis.Story, coverage *Coverage) error {
	if story == nil || coverage == nil {
		return errors.New("signatures: they need a story and its coverage: make those first")
	}
	for _, src := range g.set.sources {
		if world := src.bundle.WorldID(); world != g.set.world {
			return fmt.Errorf("packet %s: world %q in the signatures of world %q: promote worlds apart", src.name, world, g.set.world)
		}
	}
	field2, field2Digest, err := readField2(g.set.opts.Field2)
	if err != nil {
		return err
	}
	scenarios, err := tales(story, coverage)
	if err != nil {
		return err
	}
	disallowed := g.disallowed(scenarios)
	metadata, err := g.metadata(coverage, field2Digest)
	if err != nil {
		return err
	}
	if err := g.prepared(); err != nil {
		return err
	}
	matrix := g.matrix()
	return writeDocument(file, artifact.IndentedSorted, func(w *artifact.Writer) {
		w.BeginObject()
		w.Key("expected_matrix")
		matrix.write(w)
		field(w, "expected_summary", matrix.summary())
		field(w, "field2_summary", field2)
		field(w, "metadata", metadata)
		w.Key("mismatches")
		w.BeginArray()
		for _, m := range disallowed {
			w.Value(m)
		}
		w.End()
		w.Key("profiles_metadata")
		w.Value(g.applied)
		w.Key("scenarios")
		w.BeginObject()
		for _, t := range scenarios {
			field(w, t.told.ScenarioID, g.scenario(t))
		}
		w.End()
		w.Key("signatures")
		matrix.writeDecisions(w)
		w.End()
	})
}

// prepared adds the copies that were applied of profiles of which no command tells.
func (g *signatures) prepared() error {
	for _, src := range g.set.sources {
		paths, err := src.preparedPaths()
		if err != nil {
			return err
		}
		for id, path := range paths {
			if _, known := g.applied[id]; !known {
				g.applied[id] = SignatureProfile{named(g.set.root, path)}
			}
		}
	}
	return nil
}

func (g *signatures) metadata(coverage *Coverage, field2 bundle.Digest) (*SignaturesMetadata, error) {
	s := g.set
	var in inputs
	for _, name := range []string{storyFile, CoverageFile} {
		if err := in.takeOwn(s, name); err != nil {
			return nil, fmt.Errorf("signatures: %w", err)
		}
	}
	jobs := []string{jobPacket}
	for _, src := range s.sources {
		in.takeArtifacts(src)
		if digest, ok := src.bundle.SHA256(bundle.ManifestFile); ok {
			in.hash(src.file(bundle.ManifestFile), digest)
		}
		if m := src.bundle.Manifest; m != nil && m.PlanID != "" {
			jobs = append(jobs, jobPlan+m.PlanID)
		}
	}
	if s.opts.Field2 != "" {
		in.take(s.option(s.opts.Field2), field2)
		jobs = append(jobs, jobField2)
	}
	digest, err := matrixDigest(s.matrix)
	if err != nil {
		return nil, fmt.Errorf("signatures: %w", err)
	}
	in.hash("expected_matrix", digest)
	notes := signatureNotes
	if s.opts.ReferenceSignatures {
		notes = referenceNotes
	}
	return &SignaturesMetadata{
		WorldID: s.world, Inputs: in.files, InputHashes: in.hashes, SourceJobs: unique(jobs),
		// Which is no better than partial when a mismatch is left.
		Status: coverage.Metadata.Status, Tier: analysis.TierMapped, Notes: notes,
		Provenance: SignaturesProvenance{s.place + "/" + storyFile, s.place + "/" + CoverageFile}, RunProvenance: s.provenance(),
	}, nil
}
