package bundle

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// The types of the statement beside a packet, as
// https://github.com/in-toto/attestation has them: spec/v1/statement.md and
// spec/predicates/test-result.md.
const (
	StatementType = "https://in-toto.io/Statement/v1"
	PredicateType = "https://in-toto.io/attestation/test-result/v0.1"
)

// The results of a statement.
const (
	resultPassed = "PASSED"
	resultWarned = "WARNED"
	resultFailed = "FAILED"
)

// statement is an in-toto Statement about a packet, unsigned: what a signer puts
// into its envelope.
//
// Its subjects are the packet's bytes, which are what consumers read and what
// says whether the evidence may be relied on, and the artifact index's bytes,
// which hold the digest of every artifact: whoever has either of the two files
// finds the statement by its digest, and one statement cannot be laid beside
// another verdict on the same evidence.
//
// The tests are the scenarios, "scenario:<expectation_id>", read from the
// verified events. One passed when its decision is the expected one, and, being
// a denial, is the policy's: it was not seen, or not known, to happen without
// the policy too. Such denials are warned. Everything else that was attempted
// failed. What was not attempted is in no list, so that nobody who asks for a
// test among the passed or warned ones finds it. Oracle and baseline are no
// tests: a model's prediction is never an observation, and its rows carry no
// expectation; a baseline has none.
//
// The result is the least of what these allow:
//
//	PASSED  the bundle is promotable, its summary says ok, and every planned
//	        scenario passed
//	WARNED  at least one scenario passed or warned and none failed, and of the
//	        reasons against the bundle there are only not_clean_channel,
//	        scenario_blocked and world_mismatch
//	FAILED  else: a test failed, none was made, or the evidence is bad
//
// A bundle that does not load strictly has no statement, because nothing in it
// is anybody's word; nor has one whose documents cannot be read or do not agree;
// nor has one of the reference system, which records mishaps as decisions.
type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     testResult `json:"predicate"`
}

// testResult is the predicate.
type testResult struct {
	Result        string     `json:"result"`
	Configuration []resource `json:"configuration"`
	PassedTests   []string   `json:"passedTests"`
	WarnedTests   []string   `json:"warnedTests"`
	FailedTests   []string   `json:"failedTests"`
}

// resource is a ResourceDescriptor. Its digests are by algorithm: sha256 is of a
// file's bytes; rtgenPlan and rtgenCompiled are plan_digest and compiled_digest
// of the run manifest, each the SHA-256, in lower-case hex, of a canonical
// serialisation that no file holds.
type resource struct {
	Name        string            `json:"name,omitempty"`
	Digest      map[string]string `json:"digest"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// StatementPath is where the statement about a packet lies: beside it, with
// .intoto.json for .json. After another name comes .intoto alone, so that no two
// packets share one.
func StatementPath(packet string) string {
	if name, ok := strings.CutSuffix(packet, ".json"); ok {
		return name + ".intoto.json"
	}
	return packet + ".intoto"
}

// statement makes the statement about a packet of this bundle from its verdict,
// or says why there is none.
func (in *inspection) statement(packetPath string, packet Digest, judged Promotability, tests *scenarioTests) (_ *statement, none string) {
	_, hasMatrix := in.verified[artifact.ExpectedMatrixFile]
	switch {
	case tests == nil:
		return nil, "the bundle does not load, or its documents do not agree"
	case in.manifest == nil || in.manifest.CompiledDigest == "":
		return nil, "no manifest names the compiled plan"
	case !hasMatrix && tests.total() > 0:
		return nil, "no " + artifact.ExpectedMatrixFile + " names the scenarios of its events"
	}
	return &statement{
		Type: StatementType,
		Subject: []resource{
			fileResource(filepath.Base(packetPath), packet),
			fileResource(in.index.RunID+"/"+IndexFile, in.indexDigest),
		},
		PredicateType: PredicateType,
		Predicate: testResult{
			Result:        in.result(judged, tests),
			Configuration: in.configuration(),
			PassedTests:   tests.passed,
			WarnedTests:   tests.warned,
			FailedTests:   tests.failed,
		},
	}, ""
}

func fileResource(name string, d Digest) resource {
	return resource{Name: name, Digest: map[string]string{"sha256": d.String()}}
}

// result says no more than the evidence does; see statement.
func (in *inspection) result(judged Promotability, t *scenarioTests) string {
	if len(t.failed) > 0 || len(t.passed)+len(t.warned) == 0 {
		return resultFailed
	}
	for _, r := range judged.Reasons {
		switch r {
		case NotCleanChannel, ScenarioBlocked, WorldMismatch:
		default:
			return resultFailed
		}
	}
	sel := in.manifest.Selection
	whole := sel != nil && sel.ByLane["scenario"].Planned == t.total()
	if !judged.PromotableDecisionStage || !whole || len(t.passed) < t.total() || in.summary == nil || in.summary.Status != StatusOK {
		return resultWarned
	}
	return resultPassed
}

// configuration is what was tested, and with what.
func (in *inspection) configuration() []resource {
	m := in.manifest
	list := []resource{
		{Name: "plan:" + m.PlanID, Digest: map[string]string{"rtgenPlan": m.PlanDigest}},
		{Name: "compiled:" + m.PlanID, Digest: map[string]string{"rtgenCompiled": m.CompiledDigest}},
	}
	if e, ok := in.verified[artifact.ExpectedMatrixFile]; ok {
		list = append(list, fileResource(artifact.ExpectedMatrixFile, e.SHA256))
	}
	if e, ok := in.verified[ManifestFile]; ok {
		manifest := fileResource(ManifestFile, e.SHA256)
		manifest.Annotations = map[string]string{"channel": m.Channel, "runId": m.RunID, "worldId": m.WorldID}
		list = append(list, manifest)
	}
	if t := m.Toolchain; t != nil {
		if d, err := ParseDigest(t.BinarySHA256); err == nil {
			binary := fileResource("binary", d)
			binary.Annotations = map[string]string{"go": t.Go, "version": t.Version}
			list = append(list, binary)
		}
	}
	return list
}

// write streams the statement in the bytes that it always has.
func (s *statement) write(to io.Writer) error {
	w := canon.NewWriter(to, canon.Indented)
	w.BeginObject()
	value := func(key string, v any) {
		w.Key(key)
		w.Value(v)
	}
	value("_type", s.Type)
	value("subject", s.Subject)
	value("predicateType", s.PredicateType)
	w.Key("predicate")
	w.BeginObject()
	value("result", s.Predicate.Result)
	value("configuration", s.Predicate.Configuration)
	for _, list := range []struct {
		key   string
		names []string
	}{
		{"passedTests", s.Predicate.PassedTests}, {"warnedTests", s.Predicate.WarnedTests}, {"failedTests", s.Predicate.FailedTests},
	} {
		w.Key(list.key)
		w.BeginArray()
		for _, name := range list.names {
			w.Value(name)
		}
		w.End()
	}
	w.End()
	w.End()
	return w.Close()
}

// differs says in what another statement is not this one. Unknown fields and
// the names of subjects do not count: the specification has the former ignored,
// and the latter matched by digest alone.
func (s *statement) differs(data []byte) error {
	var got statement
	if err := decode(data, &got); err != nil {
		return err
	}
	subjects := func(list []resource) (digests []string) {
		for _, r := range list {
			digests = append(digests, r.Digest["sha256"])
		}
		return digests
	}
	is, want := &got.Predicate, &s.Predicate
	same := func(a, b []string) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }
	switch {
	case got.Type != s.Type || got.PredicateType != s.PredicateType:
		return errors.New("is of another type")
	case !same(subjects(got.Subject), subjects(s.Subject)):
		return errors.New("is not about this packet and its artifact index")
	case is.Result != want.Result:
		return fmt.Errorf("says %.40q, the bundle gives %s", is.Result, want.Result)
	case !same(is.PassedTests, want.PassedTests), !same(is.WarnedTests, want.WarnedTests), !same(is.FailedTests, want.FailedTests):
		return errors.New("lists other tests than the bundle gives")
	case !reflect.DeepEqual(is.Configuration, want.Configuration):
		return errors.New("names another configuration than the bundle")
	}
	return nil
}
