package made

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// packetFile is where an out folder has its packet, as after rtgen run.
const packetFile = "promotion_packet.json"

// WriteBundle makes the run's folder in the out folder, commits it and emits its
// packet, which it names: promotion_packet.json of the out folder. A spec that
// tells what no run can have seen is refused.
func WriteBundle(out string, spec BundleSpec) (packet string, err error) {
	spec = spec.filled()
	defer func() {
		if err != nil {
			err = fmt.Errorf("made-up run %q: %w", spec.RunID, err)
		}
	}()
	obs, err := spec.observations()
	if err != nil {
		return "", err
	}
	st, err := bundle.Create(out, bundle.Options{
		RunID: spec.RunID, WorldID: spec.WorldID, Channel: spec.Channel, PlanID: spec.PlanID, PlanDigest: spec.digest(planDigest),
		Now: func() time.Time { return time.UnixMicro(began * 1e6) },
	})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	status, err := spec.write(st, obs)
	if err != nil {
		return "", err
	}
	if err := st.Commit(status); err != nil {
		return "", err
	}
	packet = filepath.Join(out, packetFile)
	_, err = bundle.Emit(st.Dir(), packet, false)
	return packet, err
}

// write writes every document of the run, in the order in which a run does.
func (s *BundleSpec) write(st *bundle.Stage, obs []evidence.Observation) (bundle.Status, error) {
	run := s.run(st.OutputRoot(), obs)
	preflight, err := s.preflight()
	if err != nil {
		return "", err
	}
	run.Preflight = preflight
	drafts, counts, err := evidence.Prepare(run, obs)
	if err != nil {
		return "", err
	}
	document := func(name, schema string, v any) error {
		data, err := artifact.Encode(v, artifact.Indented)
		if err != nil {
			return err
		}
		return st.Write(name, &schema, data)
	}
	if err := document(bundle.ManifestFile, bundle.SchemaManifest, s.manifest(&run, obs)); err != nil {
		return "", err
	}
	for _, d := range drafts {
		var schema *string
		if d.Schema != "" {
			schema = &d.Schema
		}
		if err := st.WriteFrom(d.Name, schema, s.withCallouts(d)); err != nil {
			return "", err
		}
	}
	if s.Impact != nil {
		if err := st.Write("impact_map.json", nil, s.Impact); err != nil {
			return "", err
		}
	}
	if err := document(bundle.SummaryFile, bundle.SchemaSummary, s.summary(&run, counts)); err != nil {
		return "", err
	}
	err = st.WriteFrom("summary.md", nil, func(w io.Writer) error {
		_, err := w.Write(evidence.SummaryMarkdown(run, counts))
		return err
	})
	return bundle.Status(counts.Status), err
}

// run is what the run knows about itself. A lane that saw nothing was not asked
// for, but for the one that is evidence.
func (s *BundleSpec) run(outputRoot string, obs []evidence.Observation) evidence.Run {
	run := evidence.Run{
		RunID: s.RunID, WorldID: s.WorldID, PlanID: s.PlanID, PlanDigest: s.digest(planDigest), Channel: s.Channel,
		OutputRoot: outputRoot, Lanes: map[evidence.Lane]bool{evidence.LaneScenario: true}, Matrix: s.matrix(),
		Worker: evidence.RunnerInfo{
			Entrypoint: contract.OwnWorker, ApplyModel: "self_apply", ApplyTiming: "pre_syscall", Path: "bin/rtgen", SHA256: workerDigest,
		},
		Now: began, Prepared: map[string]evidence.Prepared{},
	}
	for _, p := range s.Profiles {
		if p.Prepared != "" {
			run.Prepared[p.ID] = evidence.Prepared{Path: p.Prepared}
		}
	}
	for i := range obs {
		run.Lanes[obs[i].Lane] = true
		if s.Confined {
			obs[i].Worker = &evidence.Worker{Sandboxed: true}
		}
	}
	return run
}
