package analysis

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// The files of a cut.
const (
	EventsIndexFile = "events_index.json"
	ScenariosFile   = "scenarios.json"
	OpsFile         = "ops.json"
	IndexesFile     = "runtime_indexes.json"
	CutManifestFile = "runtime_manifest.json"
	StoryFile       = "runtime_story.json"
	DivergencesFile = "divergence_annotations.json"
	TracesFolder    = "traces"
)

// CutManifest is runtime_manifest.json: where the files of a cut lie.
type CutManifest struct {
	Meta                  Meta   `json:"meta"`
	EventsIndex           string `json:"events_index"`
	Scenarios             string `json:"scenarios"`
	Ops                   string `json:"ops"`
	DivergenceAnnotations string `json:"divergence_annotations,omitempty"`
	RuntimeStory          string `json:"runtime_story,omitempty"`
}

// WriteFile writes the manifest to a file, which is replaced as a whole or not at
// all.
func (m *CutManifest) WriteFile(file string) error {
	return writeDocument(file, func(w *artifact.Writer) { w.Value(m) })
}

// CutOptions says what a cut is of and where it goes.
type CutOptions struct {
	Dir        string                   // the staging folder; it is made
	Place      string                   // Dir as documents are to name it; empty: as it is
	WorldID    string                   // of every document of the cut; empty: the matrix's
	Matrix     *artifact.ExpectedMatrix // nil: nothing is expected
	Vocabulary *Vocabulary              // nil: operations have no ids
	SourceJobs []string
}

// CutWriter cuts observations into scenarios. Give it the observations in order,
// then Close it, also after an error. It holds no observation, only what the
// documents say of them, and some of the lines that are yet to be written.
//
// Until Close, an earlier cut in the folder stays as it is; it is then replaced
// file by file. First the manifest goes, so that nobody reads two cuts for one, and
// the story that was told of the earlier cut; the new manifest comes last. The trace
// of a scenario that occurs is replaced as a whole; traces of scenarios that do not
// occur any more stay, and no document names them.
type CutWriter struct {
	opts      CutOptions
	meta      Meta
	scenarios *scenarioTally
	ops       *OpTally
	traces    *traces
	err       error // the first, which sticks
}

// Cut is a cut that was written: its documents as they stand in the folder.
type Cut struct {
	Dir       string // the folder
	Manifest  *CutManifest
	Scenarios *Scenarios
	Ops       *OpSummary
	// Traces are the files in TracesFolder, by name, whose bytes are known without
	// reading them: those of scenarios that were seen once.
	Traces map[string]FileSum
}

// NewCutWriter starts a cut. It has one world, WorldID or else the matrix's;
// neither is an error.
func NewCutWriter(o CutOptions) (*CutWriter, error) {
	if o.Matrix == nil {
		o.Matrix = new(artifact.ExpectedMatrix)
	}
	o.WorldID = cmp.Or(o.WorldID, o.Matrix.WorldID)
	o.Place = cmp.Or(o.Place, filepath.ToSlash(o.Dir))
	if err := artifact.CheckID("world_id", o.WorldID); err != nil {
		return nil, fmt.Errorf("cut %s: %w; give the world that was observed", o.Dir, err)
	}
	return &CutWriter{
		opts: o, meta: NewMeta(o.WorldID, o.SourceJobs...),
		scenarios: newScenarioTally(o.WorldID, o.Matrix),
		ops:       NewOpTally(o.WorldID, o.Vocabulary),
		traces:    newTraces(o.Dir),
	}, nil
}

// Add takes one observation in: a line in its scenario's trace. It refuses what
// CheckEvent refuses, another world's, and a scenario whose trace would have the
// name of another's. An error ends the cut.
func (c *CutWriter) Add(e *artifact.Event) error {
	if c.err == nil {
		c.err = c.add(e)
	}
	return c.err
}

func (c *CutWriter) add(e *artifact.Event) error {
	if err := CheckEvent(e); err != nil {
		return err
	}
	s, err := c.scenarios.add(e)
	if err != nil {
		return err
	}
	if err := c.ops.add(e); err != nil {
		return err
	}
	return c.traces.add(s.trace, e)
}

// Close writes the documents, the manifest last. After an error of Add it
// returns that error, and the folder is what it was.
func (c *CutWriter) Close() (*Cut, error) {
	if c.err == nil {
		c.err = c.traces.flush()
	}
	if c.err == nil {
		c.err = c.traces.wait()
	}
	if c.err != nil {
		return nil, errors.Join(c.err, c.traces.discard())
	}
	c.err = errors.New("the cut is closed")
	if err := c.retire(); err != nil {
		return nil, errors.Join(err, c.traces.discard())
	}
	if err := c.traces.publish(); err != nil {
		return nil, err
	}
	return c.write()
}

// Discard gives the cut up instead of closing it: the folder is what it was.
func (c *CutWriter) Discard() error {
	c.err = errors.New("the cut was discarded")
	return c.traces.discard()
}

// retire takes away what vouches for an earlier cut.
func (c *CutWriter) retire() error {
	if err := os.MkdirAll(c.opts.Dir, 0o777); err != nil {
		return err
	}
	return removeFiles(c.opts.Dir, CutManifestFile, StoryFile)
}

func (c *CutWriter) write() (*Cut, error) {
	cut := &Cut{
		Dir: c.opts.Dir, Traces: c.traces.sums(), Scenarios: c.scenarios.document(c.meta), Ops: c.ops.Summary(c.meta),
		Manifest: &CutManifest{Meta: c.meta, EventsIndex: c.place(EventsIndexFile), Scenarios: c.place(ScenariosFile), Ops: c.place(OpsFile)},
	}
	if _, err := os.Lstat(c.file(DivergencesFile)); err == nil {
		cut.Manifest.DivergenceAnnotations = c.place(DivergencesFile)
	}
	for _, doc := range []struct {
		file  string
		write func(file string) error
	}{
		{EventsIndexFile, c.writeIndex},
		{ScenariosFile, cut.Scenarios.WriteFile},
		{OpsFile, cut.Ops.WriteFile},
		{IndexesFile, c.writeIndexes},
		{CutManifestFile, cut.Manifest.WriteFile},
	} {
		if err := doc.write(c.file(doc.file)); err != nil {
			return nil, err
		}
	}
	return cut, nil
}

func (c *CutWriter) place(name string) string { return c.opts.Place + "/" + name }
func (c *CutWriter) file(name string) string  { return filepath.Join(c.opts.Dir, name) }

// removeFiles removes files of a folder that are there.
func removeFiles(dir string, names ...string) error {
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
