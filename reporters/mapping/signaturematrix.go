package mapping

import (
	"cmp"
	"crypto/sha256"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// class says how an expectation is covered. A denial that the policy has not earned
// covers it like any other: it was seen. The scenario's vacuous_probes tell it apart.
type class string

const (
	coveredOK         class = "covered_ok"
	coveredAllowed    class = "covered_mismatch_allowed"
	coveredDisallowed class = "covered_mismatch_disallowed"
	uncovered         class = "uncovered"
)

// SignatureRow is a probe of the matrix, and how it is covered.
type SignatureRow struct {
	artifact.MatrixProbe
	Classification class  `json:"classification"`
	ScenarioID     string `json:"scenario_id,omitempty"` // that covers it
}

// SignatureSummary counts an operation's rows.
type SignatureSummary struct {
	OK            int            `json:"covered_ok"`
	Allowed       int            `json:"covered_mismatch_allowed"`
	Disallowed    int            `json:"covered_mismatch_disallowed"`
	Uncovered     int            `json:"uncovered"`
	TotalRows     int            `json:"total_expected_rows"`
	CoveredRows   int            `json:"covered_rows"`
	CoverageRatio artifact.Float `json:"coverage_ratio"` // covered of all
}

// signatureMatrix is the expected matrix with what was seen of it.
type signatureMatrix struct {
	of       *artifact.ExpectedMatrix
	profiles []artifact.Member[artifact.MatrixProfile] // by id
	seen     map[string]*sighting
}

// matrix lays the sightings on the expected matrix. All scenarios must have been
// taken in.
func (g *signatures) matrix() *signatureMatrix {
	return &signatureMatrix{of: g.set.matrix, profiles: sortedProfiles(g.set.matrix), seen: g.seen}
}

func sortedProfiles(m *artifact.ExpectedMatrix) []artifact.Member[artifact.MatrixProfile] {
	profiles := slices.Clone([]artifact.Member[artifact.MatrixProfile](m.Profiles))
	slices.SortFunc(profiles, func(a, b artifact.Member[artifact.MatrixProfile]) int { return cmp.Compare(a.Key, b.Key) })
	return profiles
}

// row is a probe of a profile as the document has it.
func (m *signatureMatrix) row(profile string, p artifact.MatrixProbe) SignatureRow {
	p.ExpectationID = cmp.Or(p.ExpectationID, profile+":"+cmp.Or(p.Name, p.Operation))
	s, known := m.seen[p.ExpectationID]
	if !known || s.scenario == "" {
		return SignatureRow{p, uncovered, ""}
	}
	return SignatureRow{p, s.class, s.scenario}
}

func (m *signatureMatrix) write(w *artifact.Writer) {
	w.BeginObject()
	w.Key("profiles")
	w.BeginObject()
	for i := range m.profiles {
		id, p := m.profiles[i].Key, &m.profiles[i].Value
		w.Key(id)
		writeProfile(w, p, func(probe *artifact.MatrixProbe) any { return m.row(id, *probe) })
	}
	w.End()
	w.End()
}

// writeProfile writes a profile of a matrix in a sorted style, probe by probe.
func writeProfile(w *artifact.Writer, p *artifact.MatrixProfile, row func(*artifact.MatrixProbe) any) {
	w.BeginObject()
	field(w, "blob", p.Blob)
	field(w, "family", p.Family)
	field(w, "mode", p.Mode)
	w.Key("probes")
	w.BeginArray()
	for i := range p.Probes {
		w.Value(row(&p.Probes[i]))
	}
	w.End()
	field(w, "semantic_group", p.SemanticGroup)
	w.End()
}

// summary counts the rows by operation.
func (m *signatureMatrix) summary() map[string]*SignatureSummary {
	all := map[string]*SignatureSummary{}
	for i := range m.profiles {
		for _, p := range m.profiles[i].Value.Probes {
			s, known := all[p.Operation]
			if !known {
				s = new(SignatureSummary)
				all[p.Operation] = s
			}
			s.count(m.row(m.profiles[i].Key, p).Classification)
		}
	}
	return all
}

func (s *SignatureSummary) count(c class) {
	switch c {
	case coveredOK:
		s.OK++
	case coveredAllowed:
		s.Allowed++
	case coveredDisallowed:
		s.Disallowed++
	default:
		s.Uncovered++
	}
	s.TotalRows++
	s.CoveredRows = s.TotalRows - s.Uncovered
	s.CoverageRatio = artifact.Float(float64(s.CoveredRows) / float64(s.TotalRows))
}

// writeDecisions writes each profile's decisions by the names of its probes. Probes
// of one profile that share a name are told apart by their expectations.
func (m *signatureMatrix) writeDecisions(w *artifact.Writer) {
	w.BeginObject()
	for i := range m.profiles {
		id, probes := m.profiles[i].Key, m.profiles[i].Value.Probes
		named := map[string]int{}
		for _, p := range probes {
			named[p.Name]++
		}
		decisions := map[string]decision{}
		for _, p := range probes {
			row := m.row(id, p)
			name := row.Name
			if named[name] != 1 || name == "" {
				name = row.ExpectationID
			}
			decisions[name] = unseen
			if s, known := m.seen[row.ExpectationID]; known {
				decisions[name] = s.decision
			}
		}
		field(w, id, decisions)
	}
	w.End()
}

// matrixDigest is the digest of a matrix: of its keys, sorted, without spaces.
func matrixDigest(m *artifact.ExpectedMatrix) (bundle.Digest, error) {
	h := sha256.New()
	w := artifact.NewWriter(h, artifact.TightSorted)
	w.BeginObject()
	w.Key("profiles")
	w.BeginObject()
	for _, p := range sortedProfiles(m) {
		w.Key(p.Key)
		writeProfile(w, &p.Value, func(probe *artifact.MatrixProbe) any { return probe })
	}
	w.End()
	field(w, "world_id", m.WorldID)
	w.End()
	if err := w.Close(); err != nil {
		return bundle.Digest{}, err
	}
	return bundle.Digest(h.Sum(nil)), nil
}
