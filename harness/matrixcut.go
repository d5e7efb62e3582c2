package harness

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/internal/normalize"
)

// CutMatrix cuts what the rows of a run mean into scenarios: the documents of a
// cut go to the folder out, which is made, and each scenario's observations into a
// file below it. The documents name the folder from the root. There is no baseline
// to hold the rows against. It returns the cut's manifest.
//
// Documents that cannot be read, rows that contradict themselves, and scenarios
// whose files would have one name are an *InputError, and nothing is written.
func (s Source) CutMatrix(in MatrixInput, out string) (manifest string, err error) {
	place, _, err := s.placeOf(out)
	if err != nil {
		return "", err
	}
	set, err := in.openSound()
	if err != nil {
		return "", err
	}
	if err := cutSet(set, out, place); err != nil {
		return "", mendable(err)
	}
	return filepath.Join(out, analysis.CutManifestFile), nil
}

// cutMatrix is CutMatrix of documents that this process wrote. place is what the
// cut's documents call its folder.
func cutMatrix(in MatrixInput, dir, place string) error {
	set, err := in.open()
	if err != nil {
		return err
	}
	return cutSet(set, dir, place)
}

func cutSet(set *normalize.Set, dir, place string) error {
	o := analysis.CutOptions{Dir: dir, Place: place}
	o.Matrix, o.WorldID = set.Matrix()
	o.Vocabulary, _ = analysis.VocabularyOf(o.WorldID) // a system without one has operations without ids
	cut, err := analysis.NewCutWriter(o)
	if err != nil {
		return err
	}
	if err := set.Each(func(r *normalize.Row) error { return cut.Add(set.Event(r)) }); err != nil {
		return errors.Join(err, cut.Discard())
	}
	_, err = cut.Close()
	return err
}

// StoryInput names what a story is told from.
type StoryInput struct {
	Ops        string // ops.json
	Scenarios  string // scenarios.json
	Vocabulary string // {"ops": [{"name", "id"}, …]}; empty: the built-in one of the world's system
	WorldID    string // empty: as the documents say, which must be of this world otherwise
}

// TellStory tells the story of a cut and writes it to the file out, whose folder
// is made. Documents that cannot be read, or are not of one world, and a world
// whose operations nobody knows are an *InputError, and nothing is written.
func TellStory(in StoryInput, out string) error {
	if err := notInRun(out); err != nil {
		return err
	}
	ops, err := analysis.LoadOpSummary(in.Ops)
	if err != nil {
		return mendable(err)
	}
	scenarios, err := analysis.LoadScenarios(in.Scenarios)
	if err != nil {
		return mendable(err)
	}
	world := cmp.Or(in.WorldID, ops.Meta.WorldID)
	vocabulary, err := analysis.VocabularyOf(world)
	if in.Vocabulary != "" {
		vocabulary, err = analysis.LoadVocabulary(in.Vocabulary)
	}
	if err != nil {
		return mendable(err)
	}
	story, err := analysis.NewStory(ops, scenarios, vocabulary, in.WorldID)
	if err != nil {
		return &InputError{err}
	}
	return story.WriteFile(out)
}

// PromoteCut puts the documents of a cut into the folder out, after it has read
// all of it back, and returns the manifest there. The traces stay where they are.
// A cut that is not what its documents say is an *InputError, and nothing is
// written.
func (s Source) PromoteCut(staging, out string) (manifest string, err error) {
	place, root, err := s.placeOf(out)
	if err != nil {
		return "", err
	}
	_, err = analysis.PromoteCut(analysis.PromoteCutOptions{Staging: staging, Out: out, Place: place, Root: root})
	if err != nil {
		return "", mendable(err)
	}
	return filepath.Join(out, analysis.CutManifestFile), nil
}

// placeOf is a folder as documents name it, and the root that they name it from.
func (s Source) placeOf(dir string) (place, root string, err error) {
	if root, err = s.RootFor("."); err != nil {
		return "", "", err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	place, err = analysis.NameIn(root, dir)
	return place, root, err
}

// mendable marks an error as one of input, unless the host is at fault.
func mendable(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path) && errors.Is(err, fs.ErrNotExist):
		return inputErrorf("%s: no such file", path.Path)
	case errors.As(err, &path), errors.As(err, &link):
		return err
	}
	return &InputError{err}
}
