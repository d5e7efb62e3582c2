package mapping

import (
	"errors"
	"path"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// generation makes mappings in a staged folder.
type generation struct {
	steps steps
	req   *request
	dir   string // staged

	cross        *crossWorld // nil: all in one set
	observations int
}

// generate makes a mapping set of each world and then the index of them all.
func (g *generation) generate(sources []*source, receipt bundle.Digest) (*Index, error) {
	sets, err := g.sets(sources)
	if err != nil {
		return nil, err
	}
	x := &Index{SchemaVersion: SchemaIndex, ReceiptSHA256: receipt}
	hashed := map[string]map[string]analysis.FileSum{}
	for _, s := range sets {
		if err := g.set(s); err != nil {
			return nil, err
		}
		rel, err := filepath.Rel(g.dir, s.dir)
		if err != nil {
			return nil, err
		}
		rel = filepath.ToSlash(rel)
		x.Sets = append(x.Sets, IndexedSet{s.world, rel})
		for folder, sums := range s.sums {
			hashed[path.Join(rel, folder)] = sums
		}
	}
	if g.cross != nil {
		if err := g.steps.make(filepath.Join(g.dir, CrossWorldFile), g.cross.write); err != nil {
			return nil, err
		}
	}
	for _, src := range sources {
		x.Packets = append(x.Packets, IndexedPacket{src.name, src.sha256, src.bundle.RunID(), src.bundle.WorldID(), src.bundle.IndexDigest})
	}
	if x.Files, err = indexFiles(g.dir, hashed); err != nil {
		return nil, err
	}
	return x, g.steps.make(filepath.Join(g.dir, IndexFile), func(file string) error { return writeBuffered(file, x.write) })
}

// sets shares the sources out by world, in the order of the worlds' ids.
func (g *generation) sets(sources []*source) ([]*set, error) {
	byWorld := map[string]*set{}
	for _, src := range sources {
		world := src.bundle.WorldID()
		s := byWorld[world]
		if s == nil {
			s = &set{world: world, opts: &g.req.opts, root: g.req.root, dir: g.dir, place: named(g.req.root, g.req.spelled)}
			byWorld[world] = s
		}
		s.sources = append(s.sources, src)
	}
	worlds := sortedKeys(byWorld)
	var sets []*set
	apart := len(worlds) > 1 || g.req.opts.ByWorld
	if apart {
		g.cross = newCrossWorld()
	}
	names := folderNames(worlds)
	for i, world := range worlds {
		s := byWorld[world]
		var err error
		if s.vocab, err = analysis.VocabularyOf(world); err != nil {
			return nil, err
		}
		if s.impact, err = commonImpactMap(s.sources); err != nil {
			return nil, err
		}
		s.matrix = mergedMatrix(s)
		if apart {
			s.dir, s.place = filepath.Join(s.dir, names[i]), path.Join(s.place, names[i])
			if err := g.steps.mkdir(s.dir, 0o755); err != nil {
				return nil, err
			}
		}
		sets = append(sets, s)
	}
	return sets, nil
}

// mergedMatrix is all that the sources expect, a profile that several have once.
func mergedMatrix(s *set) *artifact.ExpectedMatrix {
	m := &artifact.ExpectedMatrix{WorldID: s.world, Profiles: artifact.Ordered[artifact.MatrixProfile]{}}
	has := map[string]bool{}
	for _, src := range s.sources {
		for _, profile := range src.matrix.Profiles {
			if !has[profile.Key] {
				has[profile.Key] = true
				m.Profiles = append(m.Profiles, profile)
			}
		}
	}
	return m
}

// set makes one mapping set: every observation is read once, and then written
// what it told.
func (g *generation) set(s *set) error {
	callouts, signatures, links := newCallouts(s), newSignatures(s), newLinks(s)
	observers := []observer{callouts, signatures, links}
	if g.cross != nil {
		observers = append(observers, g.cross.of(s))
	}
	var cut *analysis.Cut
	place, folder := s.file(CutsFolder)
	err := g.steps.make(folder, func(folder string) (err error) {
		cut, err = g.cut(s, place, folder, observers)
		return err
	})
	if err != nil {
		return err
	}
	story, err := analysis.NewStory(cut.Ops, cut.Scenarios, s.vocab, s.world)
	if err != nil {
		return err
	}
	if err := s.tellInputs(story); err != nil {
		return err
	}
	coverage, err := newCoverage(s, story)
	if err != nil {
		return err
	}
	summary := &analysis.OpSummary{Meta: s.summaryMeta(), Ops: cut.Ops.Ops}
	for _, doc := range []struct {
		name  string
		write func(file string) error
	}{
		{storyFile, story.WriteFile},
		{CoverageFile, coverage.write},
		{CalloutOracleFile, callouts.write},
		{SignaturesFile, func(file string) error { return signatures.write(file, story, coverage) }},
		{OpSummaryFile, summary.WriteFile},
		{LinksFile, links.write},
	} {
		_, file := s.file(doc.name)
		if err := g.steps.make(file, doc.write); err != nil {
			return err
		}
	}
	return nil
}

// cut reads the set's observations, cuts them, and shows them to the observers.
func (g *generation) cut(s *set, place, folder string, observers []observer) (*analysis.Cut, error) {
	w, err := analysis.NewCutWriter(analysis.CutOptions{
		Dir: folder, Place: place, WorldID: s.world, Matrix: s.matrix, Vocabulary: s.vocab, SourceJobs: []string{jobPacket},
	})
	if err != nil {
		return nil, err
	}
	var bound *binding
	err = eachEvent(s.sources, func(src *source, e *artifact.Event) error {
		if bound == nil || bound.src != src {
			bound = bind(src)
		}
		if err := bound.check(e); err != nil {
			return err
		}
		g.observations++
		if err := w.Add(e); err != nil {
			return err
		}
		for _, o := range observers {
			if err := o.observe(src, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, w.Discard())
	}
	cut, err := w.Close()
	if err != nil {
		return nil, err
	}
	s.know(CutsFolder+"/"+analysis.TracesFolder, cut.Traces)
	cut.Manifest.RuntimeStory = s.place + "/" + storyFile
	return cut, cut.Manifest.WriteFile(filepath.Join(folder, analysis.CutManifestFile))
}

// tellInputs says in the story what it was made from: the cut's documents and
// the packets, with their digests, and those of the runs' manifests.
func (s *set) tellInputs(story *analysis.Story) error {
	var in inputs
	for _, name := range []string{analysis.OpsFile, analysis.ScenariosFile} {
		if err := in.takeOwn(s, CutsFolder+"/"+name); err != nil {
			return err
		}
	}
	for _, src := range s.sources {
		in.take(src.name, src.sha256)
		if digest, ok := src.bundle.SHA256(bundle.ManifestFile); ok {
			in.hash(src.file(bundle.ManifestFile), digest)
		}
	}
	story.Meta.Inputs, story.Meta.InputHashes, story.Meta.RunProvenance = in.files, in.hashes, s.provenance()
	return nil
}

// summaryMeta is the envelope of op_runtime_summary.json.
func (s *set) summaryMeta() analysis.Meta {
	meta := analysis.NewMeta(s.world, jobPacket)
	var in inputs
	for _, src := range s.sources {
		in.take(src.name, src.sha256)
	}
	meta.Inputs, meta.InputHashes = in.files, in.hashes
	return meta
}
