package mapping

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// links gathers runtime_links.json. What a set may not hold it refuses with the
// first fault found, at the next call.
type links struct {
	set          *set
	profiles     map[string]*analysis.ProfileLink
	expectations map[string]expectedRow
	err          error
}

// expectedRow is where an expectation stands.
type expectedRow struct {
	src     *source
	profile string
	probe   *artifact.MatrixProbe
}

func newLinks(s *set) *links {
	l := &links{set: s, profiles: map[string]*analysis.ProfileLink{}, expectations: map[string]expectedRow{}}
	for _, src := range s.sources {
		if l.err = l.expect(src); l.err != nil {
			break
		}
	}
	return l
}

// expect takes in what the matrix of a source says.
func (l *links) expect(src *source) error {
	if world := src.bundle.WorldID(); world != l.set.world || src.matrix.WorldID != world {
		return fmt.Errorf("packet %s: world %q, matrix of world %q, in the mappings of world %q: promote worlds apart", src.name, world, src.matrix.WorldID, l.set.world)
	}
	for _, member := range src.matrix.Profiles {
		id, profile := member.Key, &member.Value
		if profile.Blob == "" {
			continue
		}
		link, err := l.profile(src, id, profile)
		if err != nil {
			return err
		}
		for i := range profile.Probes {
			p := &profile.Probes[i]
			if p.ExpectationID == "" || p.Operation == "" {
				continue
			}
			if err := l.expectation(src, id, p); err != nil {
				return err
			}
			link.ExpectedOps = append(link.ExpectedOps, p.Operation)
			link.ExpectationIDs = append(link.ExpectationIDs, p.ExpectationID)
		}
		link.ExpectedOps = unique(link.ExpectedOps)
	}
	return nil
}

// profile is the link of a profile that a source has.
func (l *links) profile(src *source, id string, p *artifact.MatrixProfile) (*analysis.ProfileLink, error) {
	link, known := l.profiles[id]
	switch {
	case !known:
		link = &analysis.ProfileLink{
			ProfileID: id, ProfilePath: p.Blob, ProfileMode: p.Mode, Family: p.Family, SemanticGroup: p.SemanticGroup,
			ExpectedOps: []string{}, ObservedOps: []string{}, ExpectationIDs: []string{}, ScenarioIDs: []string{}, ObservedExpectationIDs: []string{},
			ObservationCounts: analysis.ObservationCounts{BlockedByStage: map[string]int{}},
		}
		l.profiles[id] = link
	case link.ProfilePath != p.Blob:
		return nil, fmt.Errorf("packet %s: profile %q: path %q, and packet %s has %q: promote one of the two", src.name, id, p.Blob, link.SourcePackets[0], link.ProfilePath)
	case link.ProfileMode != p.Mode:
		return nil, fmt.Errorf("packet %s: profile %q: mode %q, and packet %s has %q: promote one of the two", src.name, id, p.Mode, link.SourcePackets[0], link.ProfileMode)
	}
	link.SourcePackets = append(link.SourcePackets, src.name)
	link.ExpectedMatrixSources = append(link.ExpectedMatrixSources, src.file(artifact.ExpectedMatrixFile))
	return link, nil
}

// expectation takes in an expectation that a source has. An id is of one packet: a
// link has one.
func (l *links) expectation(src *source, profile string, p *artifact.MatrixProbe) error {
	switch other, known := l.expectations[p.ExpectationID]; {
	case known && other.src != src:
		return fmt.Errorf("packet %s: expectation %q is in packet %s too: promote the newer of the two alone", src.name, p.ExpectationID, other.src.name)
	case known:
		return fmt.Errorf("packet %s: expectation %q stands twice in its matrix, of profiles %q and %q: give one another id", src.name, p.ExpectationID, other.profile, profile)
	}
	l.expectations[p.ExpectationID] = expectedRow{src, profile, p}
	return l.checkOperation(src, p.ExpectationID, p.Operation)
}

func (l *links) link(row expectedRow) *analysis.ExpectationLink {
	p := row.probe
	link := &analysis.ExpectationLink{
		ExpectationID: p.ExpectationID, ProfileID: row.profile, Operation: p.Operation, Expected: p.Expected, Target: p.Target,
		Driver: orNull(p.Driver), SourcePacket: row.src.name, ExpectedMatrix: row.src.file(artifact.ExpectedMatrixFile),
	}
	if id, ok := l.set.vocab.ID(p.Operation); ok {
		link.OpID = &id
	}
	return link
}

// checkOperation refuses an operation that the vocabulary does not have.
func (l *links) checkOperation(src *source, expectation, name string) error {
	if err := l.set.vocab.Check(name); err != nil {
		return fmt.Errorf("packet %s: expectation %q: %w", src.name, expectation, err)
	}
	return nil
}

func (l *links) observe(src *source, e *artifact.Event) error {
	if l.err != nil {
		return l.err
	}
	link, known := l.profiles[e.ProfileID]
	if !known {
		return nil
	}
	if e.WorldID != l.set.world {
		return fmt.Errorf("packet %s: observation %q: world %q in the mappings of world %q: promote worlds apart", src.name, e.ScenarioID, e.WorldID, l.set.world)
	}
	if !slices.Contains(link.ExpectedOps, e.Operation) {
		if err := l.checkOperation(src, e.ExpectationID, e.Operation); err != nil {
			return err
		}
	}
	link.ScenarioIDs = append(link.ScenarioIDs, e.ScenarioID)
	link.ObservationCounts.Total++
	if analysis.ClassOf(e) == analysis.Blocked {
		link.ObservationCounts.Blocked++
		link.ObservationCounts.BlockedByStage[*e.FailureStage]++
	}
	if analysis.Observed(e) {
		if !slices.Contains(link.ObservedOps, e.Operation) {
			link.ObservedOps = append(link.ObservedOps, e.Operation)
		}
		if e.ExpectationID != "" {
			link.ObservedExpectationIDs = append(link.ObservedExpectationIDs, e.ExpectationID)
		}
	}
	return nil
}

func (l *links) write(file string) error {
	if l.err != nil {
		return l.err
	}
	digests, err := readSystemDigests(l.set.opts.SystemProfileDigests)
	if err != nil {
		return err
	}
	for _, id := range sortedKeys(l.profiles) {
		if err := l.finish(l.profiles[id], digests); err != nil {
			return fmt.Errorf("profile %q: %w", id, err)
		}
	}
	return writeDocument(file, artifact.Indented, func(w *artifact.Writer) {
		w.BeginObject()
		field(w, "meta", l.meta())
		field(w, "links", l.documents())
		w.Key("packets")
		w.BeginObject()
		for _, src := range l.set.sources {
			field(w, src.name, linkPacket(src))
		}
		w.End()
		w.Key("profiles")
		w.BeginObject()
		for _, id := range sortedKeys(l.profiles) {
			field(w, id, l.profiles[id])
		}
		w.End()
		w.Key("expectations")
		w.BeginObject()
		for _, id := range sortedKeys(l.expectations) {
			field(w, id, l.link(l.expectations[id]))
		}
		w.End()
		w.End()
	})
}

// finish says of a profile what is known when all was observed.
func (l *links) finish(link *analysis.ProfileLink, digests systemDigests) (err error) {
	link.ObservedOps = unique(link.ObservedOps)
	link.ScenarioIDs = unique(link.ScenarioIDs)
	link.ObservedExpectationIDs = unique(link.ObservedExpectationIDs)
	link.OpIDs = []int{}
	for _, op := range slices.Concat(link.ExpectedOps, link.ObservedOps) {
		if id, ok := l.set.vocab.ID(op); ok {
			link.OpIDs = append(link.OpIDs, id)
		}
	}
	slices.Sort(link.OpIDs)
	link.OpIDs = slices.Compact(link.OpIDs)
	if link.ProfileSource, err = linkFile(l.set.root, link.ProfilePath, link.ProfilePath); err != nil {
		return err
	}
	for _, src := range l.set.sources {
		if !slices.Contains(link.SourcePackets, src.name) {
			continue
		}
		if link.CompiledBlob == nil {
			if link.CompiledBlob, err = findBuilt(src, compiledNames(link)); err != nil {
				return err
			}
		}
		if link.RuntimeProfile == nil {
			names := runtimeNames(link)
			prepared, err := src.preparedPaths()
			if err != nil {
				return err
			}
			if copied, ok := prepared[link.ProfileID]; ok {
				names = []string{runtimeProfilesDir + "/" + path.Base(copied)}
			}
			if link.RuntimeProfile, err = findBuilt(src, names); err != nil {
				return err
			}
		}
	}
	if digest, ok := digests[link.ProfileID]; ok {
		link.SystemProfileDigestID, link.SystemProfileDigest = &link.ProfileID, digest
	}
	return nil
}

// compiledNames and runtimeNames are where a run leaves the compiled form of a
// profile, and the copy of its text that was applied.
func compiledNames(link *analysis.ProfileLink) []string {
	base := path.Base(link.ProfilePath)
	stem := strings.TrimSuffix(strings.TrimSuffix(base, ".bin"), ".sb")
	return []string{buildDir + "/" + stem + ".sb.bin", buildDir + "/" + stem + "." + plainID(link.ProfileID) + ".sb.bin"}
}

func runtimeNames(link *analysis.ProfileLink) []string {
	base := path.Base(link.ProfilePath)
	stem := strings.TrimSuffix(base, path.Ext(base))
	return []string{runtimeProfilesDir + "/" + stem + "." + plainID(link.ProfileID) + ".runtime" + path.Ext(base)}
}

func plainID(id string) string { return strings.ReplaceAll(id, ":", "_") }

func (l *links) meta() analysis.Meta {
	var in inputs
	for _, src := range l.set.sources {
		in.takeArtifacts(src, bundle.ManifestFile, artifact.ExpectedMatrixFile, artifact.RuntimeEventsFile)
	}
	meta := analysis.NewMeta(l.set.world, jobPacket)
	meta.SchemaVersion, meta.Inputs, meta.InputHashes = analysis.SchemaLinks, in.files, in.hashes
	return meta
}

func (l *links) documents() analysis.LinkedDocuments {
	s := l.set
	made := func(name string) *string {
		place, _ := s.file(name)
		return &place
	}
	return analysis.LinkedDocuments{
		OpsVocab: new(named(s.root, s.vocab.File())), OpsCoverage: orNull(s.option(s.opts.OpsCoverage)),
		TagLayouts: orNull(s.option(s.opts.TagLayouts)), SystemProfileDigests: orNull(s.option(s.opts.SystemProfileDigests)),
		RuntimeSignatures: made(SignaturesFile), OpRuntimeSummary: made(OpSummaryFile), RuntimeCalloutOracle: made(CalloutOracleFile),
	}
}
