package analysis

import (
	"cmp"
	"errors"
	"io"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// summing is a summary on its way.
type summing struct {
	options SummarizeOptions
	meta    Meta
	tally   *OpTally // nil until the world is known
}

func newSumming(o SummarizeOptions, worldID, job string) *summing {
	s := &summing{options: o, meta: NewMeta(worldID, job)}
	s.meta.InputHashes = Hashes{}
	return s
}

// bundle adds up the observations of a verified bundle.
func (s *summing) bundle(b *bundle.Bundle) error {
	sum, ok := b.SHA256(artifact.RuntimeEventsFile)
	if !ok {
		return nothingObserved(b.Dir)
	}
	if err := s.input(b.Dir, artifact.RuntimeEventsFile, sum); err != nil {
		return err
	}
	return b.Stream(artifact.RuntimeEventsFile, s.events)
}

// nothingObserved says that a run has no observations to sum up.
func nothingObserved(dir string) error {
	return &bundle.IntegrityError{Dir: dir, Findings: []bundle.Finding{{
		Code: bundle.FileMissing, Name: artifact.RuntimeEventsFile, Message: "the run has none: nothing was observed in it, and there is nothing to sum up",
	}}}
}

func (s *summing) events(r io.Reader) error {
	return artifact.ReadEvents(r, func(e *artifact.Event) error {
		if s.tally == nil {
			s.start(cmp.Or(s.meta.WorldID, e.WorldID))
		}
		return s.tally.Add(e)
	})
}

func (s *summing) start(worldID string) {
	s.tally = NewOpTally(worldID, vocabularyOr(s.options.Vocabulary, worldID))
}

// input names a file that the summary is made from.
func (s *summing) input(dir, file string, sum bundle.Digest) error {
	name, err := NameIn(s.options.Root, filepath.Join(dir, file))
	if err != nil {
		return err
	}
	s.meta.Inputs = append(s.meta.Inputs, name)
	s.meta.InputHashes[name] = sum.String()
	return nil
}

func (s *summing) note(text string) {
	if s.meta.Notes != "" {
		text = s.meta.Notes + "; " + text
	}
	s.meta.Notes = text
}

func (s *summing) summary() (*OpSummary, error) {
	if s.tally == nil {
		if s.meta.WorldID == "" {
			return nil, errors.New("no observation, and nothing else says which world it is of")
		}
		s.start(s.meta.WorldID)
	}
	return s.tally.Summary(s.meta), nil
}
