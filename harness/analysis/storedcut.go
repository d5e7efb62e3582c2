package analysis

import (
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// StoredCut is a cut that was read back. Its documents speak of one world and of
// the same scenarios; whether its traces say what they do is for Verify to find.
type StoredCut struct {
	Dir       string // of the documents
	Manifest  *CutManifest
	Index     *EventsIndex
	Scenarios *Scenarios
	Ops       *OpSummary
	Indexes   *Indexes

	root string
	sums map[string]digest // of the documents by file name
}

// LoadCut reads the five documents of a cut. It is named by its folder or by its
// manifest; the documents lie beside that, wherever they were when it was written.
//
// The traces lie where the index says, relative to root, or to the working
// directory when that is empty. A cut may be moved: where there is no such file,
// what follows the last "traces/" of the path is the name of the trace in the
// folder traces beside the index. A trace is a regular file of such a folder: no
// path leads out of it.
func LoadCut(dirOrManifest, root string) (*StoredCut, error) {
	dir := dirOrManifest
	if info, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		dir = filepath.Dir(dir)
	}
	c := &StoredCut{
		Dir: dir, root: root, sums: map[string]digest{},
		Manifest: new(CutManifest), Index: new(EventsIndex), Scenarios: new(Scenarios), Ops: new(OpSummary), Indexes: new(Indexes),
	}
	for _, doc := range []struct {
		name string
		read func(*artifact.Reader) error
	}{
		{CutManifestFile, c.Manifest.read},
		{EventsIndexFile, c.Index.read},
		{ScenariosFile, c.Scenarios.read},
		{OpsFile, c.Ops.read},
		{IndexesFile, c.Indexes.read},
	} {
		sum, err := loadDocument(filepath.Join(dir, doc.name), doc.read)
		if err != nil {
			return nil, err
		}
		c.sums[doc.name] = sum
	}
	if err := c.agree(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return c, nil
}

// agree holds the documents against each other.
func (c *StoredCut) agree() error {
	world := c.Manifest.Meta.WorldID
	for _, doc := range []struct{ name, world string }{
		{EventsIndexFile, c.Index.Meta.WorldID}, {ScenariosFile, c.Scenarios.Meta.WorldID},
		{OpsFile, c.Ops.Meta.WorldID}, {IndexesFile, c.Indexes.Meta.WorldID},
	} {
		if doc.world != world {
			return fmt.Errorf("%s is of world %q, and %s of %q: they are not of one cut", doc.name, doc.world, CutManifestFile, world)
		}
	}
	if !reflect.DeepEqual(c.Index.Traces, c.Indexes.ScenarioToTraces) {
		return fmt.Errorf("%s and %s do not name the same traces", EventsIndexFile, IndexesFile)
	}
	if len(c.Index.Traces) != len(c.Scenarios.Scenarios) {
		return fmt.Errorf("%s has %d scenarios, and %s %d", EventsIndexFile, len(c.Index.Traces), ScenariosFile, len(c.Scenarios.Scenarios))
	}
	known := make(map[string]bool, len(c.Scenarios.Scenarios))
	for _, m := range c.Scenarios.Scenarios {
		known[m.Key] = true
		if m.Value.WorldID != world {
			return fmt.Errorf("%s: scenario %q is of world %q, and the cut of %q", ScenariosFile, m.Key, m.Value.WorldID, world)
		}
	}
	for _, m := range c.Index.Traces {
		if !known[m.Key] {
			return fmt.Errorf("scenario %q is in %s, and not in %s", m.Key, EventsIndexFile, ScenariosFile)
		}
	}
	return nil
}

// Events gives every observation, scenario by scenario in the order of the index.
// An error ends it; it names the file and the line.
func (c *StoredCut) Events() iter.Seq2[*artifact.Event, error] {
	return func(yield func(*artifact.Event, error) bool) {
		folders := traceFolders{}
		defer folders.close()
		for _, m := range c.Index.Traces {
			for e, err := range c.trace(folders, m.Key, m.Value) {
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// trace gives the observations of a scenario.
func (c *StoredCut) trace(folders traceFolders, scenarioID string, paths []string) iter.Seq2[*artifact.Event, error] {
	return func(yield func(*artifact.Event, error) bool) {
		for _, p := range paths {
			f, _, err := c.openTrace(folders, p)
			if err != nil {
				yield(nil, fmt.Errorf("scenario %q: %w", scenarioID, err))
				return
			}
			err = readTrace(f, func(e *artifact.Event) error {
				switch {
				case e.ScenarioID != scenarioID:
					return fmt.Errorf("scenario_id is %.140q, in the trace of %q", e.ScenarioID, scenarioID)
				case e.WorldID != c.Manifest.Meta.WorldID:
					return fmt.Errorf("world_id is %.140q, in a cut of %q", e.WorldID, c.Manifest.Meta.WorldID)
				case !yield(e, nil):
					return errStop
				}
				return nil
			})
			f.Close()
			if err == errStop {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("%s: %w", p, err))
				return
			}
		}
	}
}

// Verify reads every trace and counts again: what the documents say of each
// scenario and of each operation is what its observations say.
func (c *StoredCut) Verify() error {
	folders := traceFolders{}
	defer folders.close()
	said := make(map[string]*Scenario, len(c.Scenarios.Scenarios))
	for _, m := range c.Scenarios.Scenarios {
		said[m.Key] = m.Value
	}
	total, ops := 0, NewOpTally(c.Manifest.Meta.WorldID, nil)
	for _, m := range c.Index.Traces {
		r, mismatches := ScenarioResults{Blocked: noneBlocked}, 0
		for e, err := range c.trace(folders, m.Key, m.Value) {
			if err == nil {
				err = ops.Add(e)
			}
			if err != nil {
				return err
			}
			r.add(e)
			if mismatched(e) {
				mismatches++
			}
		}
		r.Status = r.status()
		total += r.TotalWithBlocked
		if s := said[m.Key]; !reflect.DeepEqual(r, s.Results) || mismatches != len(s.Mismatches) {
			return fmt.Errorf("%s: scenario %q says other results than its %d observations do", filepath.Join(c.Dir, ScenariosFile), m.Key, r.TotalWithBlocked)
		}
	}
	if said := c.Scenarios.PhaseHistograms.Overall.Total; said != total {
		return fmt.Errorf("%s: the histogram is of %d observations, and the traces have %d", filepath.Join(c.Dir, ScenariosFile), said, total)
	}
	return c.verifyOps(ops.Summary(c.Ops.Meta))
}

// verifyOps holds the operations against what was counted again.
func (c *StoredCut) verifyOps(counted *OpSummary) error {
	records := map[string]*OpRecord{}
	for _, m := range counted.Ops {
		records[m.Key] = m.Value
	}
	for _, m := range c.Ops.Ops {
		if again := records[m.Key]; again == nil || !m.Value.sameCounts(again) {
			return fmt.Errorf("%s: operation %q says other counts than its observations do", filepath.Join(c.Dir, OpsFile), m.Key)
		}
		delete(records, m.Key)
	}
	if len(records) > 0 {
		return fmt.Errorf("%s: observations of operations that it does not have: %q", filepath.Join(c.Dir, OpsFile), slices.Sorted(maps.Keys(records)))
	}
	return nil
}

// sameCounts leaves out the id, which is the vocabulary's, and what the order of
// the observations decides.
func (r *OpRecord) sameCounts(o *OpRecord) bool {
	counts := func(r *OpRecord) OpRecord {
		c := *r
		c.OpID, c.Examples, c.MismatchDetails = nil, nil, nil
		return c
	}
	return reflect.DeepEqual(counts(r), counts(o)) && len(r.Examples) == len(o.Examples) && len(r.MismatchDetails) == len(o.MismatchDetails)
}
