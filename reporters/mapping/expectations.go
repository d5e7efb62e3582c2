package mapping

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// ExpectationsFile is where a mapping set's expectations go.
const ExpectationsFile = "expectations.json"

// DefaultExpectations are the profiles that expectations.json is about when
// nobody says which.
var DefaultExpectations = []string{"runtime:allow_all", "runtime:metafilter_any", "bucket4:v1_read", "bucket5:v11_read_subpath"}

// Expectations is expectations.json: what a few profiles are known to do, and how
// far that is borne out.
type Expectations struct {
	Metadata ExpectationsMetadata  `json:"metadata"`
	Profiles []ProfileExpectations `json:"profiles"`
}

// ExpectationsMetadata is the envelope of Expectations.
type ExpectationsMetadata struct {
	WorldID    string          `json:"world_id"`
	Inputs     []string        `json:"inputs"`
	SourceJobs []string        `json:"source_jobs"`
	Status     analysis.Health `json:"status"`
	Tier       string          `json:"tier"`
	Notes      string          `json:"notes"`
}

// ProfileExpectations is one profile. What no packet has of it is null. One that
// nobody observed is brittle, where the reference system calls it ok.
type ProfileExpectations struct {
	ProfileID     string          `json:"profile_id"`
	ProfilePath   *string         `json:"profile_path"`
	ProfileSHA256 *string         `json:"profile_sha256"`
	ProfileMode   *string         `json:"profile_mode"`
	Status        analysis.Health `json:"status"`
	ProbeCount    int             `json:"probe_count"` // lines of its traces
	TracePath     *string         `json:"trace_path"`  // a file, or the folder of several
	Notes         string          `json:"notes"`
}

// ExpectationsOptions says what BuildExpectations is to look at.
type ExpectationsOptions struct {
	Set      string   // the folder of one world's mapping set
	Packets  []string // those that the set was made from
	Root     string   // the folder that documents name files from; empty: the working directory
	Profiles []string // nil: DefaultExpectations
	Out      string   // the file to write; empty: none
}

const expectationsNotes = "What the story of promoted runs says of single profiles. A profile is ok when each of its scenarios was decided and no mismatch is left that the impact map does not allow."

// BuildExpectations makes the expectations of profiles from a mapping set and the
// packets it was made from. It refuses a packet that the set was not made from,
// and one whose run was not made in a clean channel of its world.
func BuildExpectations(o ExpectationsOptions) (*Expectations, error) {
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, fmt.Errorf("expectations: root: %w", err)
	}
	b := &expectationsBuilder{root: root, set: o.Set, profiles: map[string]artifact.MatrixProfile{}}
	if err := b.read(o.Packets); err != nil {
		return nil, fmt.Errorf("expectations: %w", err)
	}
	ids := o.Profiles
	if ids == nil {
		ids = DefaultExpectations
	}
	doc, err := b.document(ids)
	if err != nil {
		return nil, fmt.Errorf("expectations: %w", err)
	}
	if o.Out == "" {
		return doc, nil
	}
	data, err := artifact.Encode(doc, artifact.Indented)
	if err != nil {
		return nil, fmt.Errorf("expectations: %w", err)
	}
	if err := replace(disk{}, o.Out, filepath.Join(filepath.Dir(o.Out), "."+filepath.Base(o.Out)+".tmp"), data); err != nil {
		return nil, fmt.Errorf("expectations: %w", err)
	}
	return doc, nil
}

// expectationsBuilder is what expectations are made from.
type expectationsBuilder struct {
	root, set string
	story     analysis.Story
	traces    map[string][]string // by scenario
	profiles  map[string]artifact.MatrixProfile
	impact    *impactMap
	inputs    []string
}

func (b *expectationsBuilder) read(packets []string) error {
	var index analysis.EventsIndex
	for file, doc := range map[string]any{storyFile: &b.story, CutsFolder + "/" + analysis.EventsIndexFile: &index} {
		data, err := os.ReadFile(filepath.Join(b.set, filepath.FromSlash(file)))
		if err != nil {
			return err
		}
		if err := artifact.Decode(data, doc); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(b.set, file), err)
		}
	}
	if index.Meta.WorldID != b.story.Meta.WorldID {
		return fmt.Errorf("mapping set %s: the story is of world %q, the traces of %q: promote anew", b.set, b.story.Meta.WorldID, index.Meta.WorldID)
	}
	b.traces = make(map[string][]string, len(index.Traces))
	for _, m := range index.Traces {
		b.traces[m.Key] = m.Value
	}
	if len(packets) == 0 {
		return errors.New("no packets: name those that the mapping set was made from")
	}
	abs, err := filepath.Abs(filepath.Join(b.set, filepath.FromSlash(storyFile)))
	if err != nil {
		return err
	}
	b.inputs = append(b.inputs, named(b.root, abs))
	var sources []*source
	for _, packet := range packets {
		src, err := b.source(packet)
		if err != nil {
			return err
		}
		sources = append(sources, src)
		b.inputs = append(b.inputs, src.name)
		for _, m := range src.matrix.Profiles {
			if _, known := b.profiles[m.Key]; !known {
				b.profiles[m.Key] = m.Value
			}
		}
	}
	b.impact, err = commonImpactMap(sources)
	return err
}

func (b *expectationsBuilder) source(packet string) (*source, error) {
	abs, err := filepath.Abs(packet)
	if err != nil {
		return nil, fmt.Errorf("packet: %w", err)
	}
	p, err := bundle.LoadPacketIn(abs, b.root)
	if err != nil {
		return nil, err
	}
	src := &source{name: named(b.root, abs), sha256: p.SHA256(), packet: p}
	if b.story.Meta.InputHashes[src.name] != src.sha256.String() {
		return nil, fmt.Errorf("packet %s: mapping set %s has no such bytes of %s: promote it first, or give the root of that promotion", packet, b.set, src.name)
	}
	if src.bundle, err = p.Open(); err != nil {
		return nil, err
	}
	m := src.bundle.Manifest
	switch {
	case m == nil:
		return nil, fmt.Errorf("packet %s: its bundle has no manifest: run its plan anew", packet)
	case m.WorldID != b.story.Meta.WorldID:
		return nil, fmt.Errorf("packet %s: world %q, and mapping set %s is of world %q: give the set of its world", packet, m.WorldID, b.set, b.story.Meta.WorldID)
	case !bundle.CleanChannel(m.WorldID, m.Channel):
		return nil, fmt.Errorf("packet %s: channel %q is no clean one of world %s: run its plan with --channel clean", packet, m.Channel, m.WorldID)
	}
	if src.matrix, err = readMatrix(src.bundle); err == nil && p.ImpactMap != "" {
		src.impact, err = readImpactMap(src.bundle)
	}
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", packet, err)
	}
	return src, nil
}

func (b *expectationsBuilder) document(ids []string) (*Expectations, error) {
	doc := &Expectations{Profiles: []ProfileExpectations{}, Metadata: ExpectationsMetadata{
		WorldID: b.story.Meta.WorldID, Inputs: b.inputs, SourceJobs: []string{jobPacket},
		Tier: analysis.TierMapped, Notes: expectationsNotes,
	}}
	told := map[string][]*analysis.StoryScenario{}
	for _, op := range b.story.Ops {
		for _, s := range op.Value.Scenarios {
			if s.ProfileID != nil {
				told[*s.ProfileID] = append(told[*s.ProfileID], s)
			}
		}
	}
	healths := map[analysis.Health]int{}
	for _, id := range ids {
		p, err := b.profile(id, told[id])
		if err != nil {
			return nil, fmt.Errorf("profile %q: %w", id, err)
		}
		healths[p.Status]++
		doc.Profiles = append(doc.Profiles, p)
	}
	doc.Metadata.Status = together(healths, len(ids))
	return doc, nil
}

func (b *expectationsBuilder) profile(id string, told []*analysis.StoryScenario) (ProfileExpectations, error) {
	p := ProfileExpectations{ProfileID: id, Status: b.status(told)}
	if len(told) == 0 {
		p.Notes = "no scenario of it was observed"
	}
	if of, known := b.profiles[id]; known {
		p.ProfilePath, p.ProfileMode = &of.Blob, new(cmp.Or(of.Mode, "sbpl"))
		if strings.HasSuffix(of.Blob, ".bin") {
			*p.ProfileMode = "blob"
		}
		file, err := linkFile(b.root, of.Blob, of.Blob)
		if err != nil {
			return p, err
		}
		p.ProfileSHA256 = orNull(file.SHA256)
	}
	var traces []string
	for _, s := range told {
		traces = append(traces, b.traces[s.ScenarioID]...)
	}
	traces = unique(traces)
	for _, trace := range traces {
		lines, err := countLines(filepath.Join(b.set, CutsFolder, analysis.TracesFolder, path.Base(trace)))
		if err != nil {
			return p, err
		}
		p.ProbeCount += lines
	}
	switch len(traces) {
	case 0:
	case 1:
		p.TracePath = &traces[0]
	default:
		p.TracePath = new(path.Dir(traces[0]))
	}
	return p, nil
}

// status is that of a profile by its scenarios. A mismatch of no expectation is
// allowed by nobody.
func (b *expectationsBuilder) status(told []*analysis.StoryScenario) analysis.Health {
	undecided := 0
	for _, s := range told {
		for _, m := range s.Mismatches {
			if _, allowed := b.impact.allows(m.ExpectationID); !allowed {
				return analysis.HealthPartial
			}
		}
		if !decided(s.Results) {
			undecided++
		}
	}
	switch undecided {
	case len(told): // there may be none
		return analysis.HealthBrittle
	case 0:
		return analysis.HealthOK
	}
	return analysis.HealthPartial
}

func countLines(file string) (n int, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	buf := make([]byte, 64<<10)
	for {
		read, err := f.Read(buf)
		n += bytes.Count(buf[:read], []byte("\n"))
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
