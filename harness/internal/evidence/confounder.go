package evidence

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// fileConfounder says what else may have made a file operation fail.
func (s *scenarioRow) fileConfounder() *artifact.FileConfounder {
	o := s.scenario
	stage, _ := failure(o)
	if !s.probe.OnPath || o.Errno == 0 || stage != StageProbe {
		return nil
	}
	call := contract.FailedCall{
		Errno: o.Errno, Platform: string(decision(s.baseline)), Process: string(o.Actual), Mode: s.mode(),
		Attempted: o.attempted(), Recorded: o.recorded(),
		Confined: o.confined(), BaselineConfined: s.baseline.confined(),
	}
	c := &artifact.FileConfounder{Errno: o.Errno, ErrnoName: orNil(s.errnoName(o))}
	if s.system == contract.Darwin {
		c.Classification, c.Attribution = call.BySeatbelt()
	} else {
		c.Classification, c.Attribution = call.ByBaseline()
	}
	return c
}

// consentConfounder says that macOS may have asked its user in place of the policy.
func (s *scenarioRow) consentConfounder() *artifact.TCCConfounder {
	if s.system != contract.Darwin {
		return nil
	}
	o := s.scenario
	return contract.Consent{
		Operation: s.probe.Operation, Target: argument(o), Platform: word(decision(s.baseline)), Process: word(o.Actual),
		PlatformTimedOut: s.baseline.timedOut(), ProcessTimedOut: o.timedOut(),
	}.Confounder()
}

func (o *Observation) timedOut() bool {
	return o != nil && o.Outcome == Broken && (o.FailureStage == "" || o.FailureStage == StageProbe) && o.FailureKind == "probe_timeout"
}

// serviceConfounder says that there is no such service to be denied.
func (s *scenarioRow) serviceConfounder() *artifact.ServiceConfounder {
	if s.system != contract.Darwin || s.baseline == nil {
		return nil
	}
	return contract.ServiceMissing(s.probe.Operation, s.probeDetails(s.scenario), s.probeDetails(s.baseline))
}

// errnoName is the errno's name in the world that was observed. Of macOS there is
// one list; other hosts name their own.
func (s *scenarioRow) errnoName(o *Observation) string {
	if s.system == contract.Darwin {
		return contract.ErrnoName(contract.Darwin, o.Errno)
	}
	return o.ErrnoName
}
