package harness

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	model "github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// seatbeltOracle asks the model of macOS's profiles. It knows of a host what its
// world has, so every host answers alike.
type seatbeltOracle struct {
	world    *model.World
	profiles map[string]*seatbeltProfile // by profile id
}

// seatbeltProfile is a profile as it would be applied.
type seatbeltProfile struct {
	*model.Profile
	err error // the text is no profile
}

func (s *Session) newSeatbeltOracle() (*seatbeltOracle, error) {
	w := model.MacOS()
	// The world that the plan is about, else this host where it is a Mac.
	for _, id := range []string{s.compiled.WorldID, s.ticket.WorldID} {
		if contract.SystemOf(id) != contract.Darwin {
			continue
		}
		var err error
		if w, err = model.FindWorld(id); err != nil {
			return nil, err
		}
		break
	}
	return &seatbeltOracle{world: w, profiles: make(map[string]*seatbeltProfile)}, nil
}

func (s *Session) predictSeatbelt(obs *Observation, p *CompiledProfile, sc *Scenario) {
	if s.oracle.seatbelt == nil {
		var err error
		if s.oracle.seatbelt, err = s.newSeatbeltOracle(); err != nil {
			broken(obs, "model_question", err.Error())
			return
		}
	}
	o := s.oracle.seatbelt
	profile := o.profile(p)
	if profile.err != nil {
		broken(obs, "model_question", profile.err.Error())
		return
	}
	if strings.HasPrefix(sc.Operation, "file-") {
		obs.RequestedPath = sc.Target
	}
	var ans model.Answer
	if sc.Driver == seatbelt.CheckDriver {
		obs.Syscall = "sandbox_check"
		ans = o.check(profile, sc)
	} else {
		call, err := seatbeltCall(sc)
		if err != nil {
			broken(obs, "model_question", err.Error())
			return
		}
		obs.Syscall = call
		ans = profile.Ask(model.Question{
			Operation: sc.Operation, Target: sc.Target, Syscall: asked(sc.Operation, call), FilterName: filterName(sc), World: o.world,
		})
	}
	obs.Oracle = seatbeltPrediction(ans, sc.Target)
	conclude(obs, string(ans.Decision), ans.Reason)
}

// profile is what the run of a profile's text left behind, with the rules that
// the registry adds to it. Nothing else is added when it is applied.
func (o *seatbeltOracle) profile(p *CompiledProfile) *seatbeltProfile {
	if known := o.profiles[p.ID]; known != nil {
		return known
	}
	made := &seatbeltProfile{}
	o.profiles[p.ID] = made
	compiled, faults := model.Compile(model.Source{File: p.Path, Text: p.appliedText()})
	if len(faults) > 0 {
		made.err = fmt.Errorf("%s:%d: %s", p.Path, faults[0].Line, faults[0].Msg)
	}
	made.Profile = compiled
	return made
}

// appliedText is the text of a profile of macOS as it is applied: the registry's
// rules come behind it, so they override it.
func (p *CompiledProfile) appliedText() string {
	lines := append([]string{strings.TrimRight(p.Text, " \t\r\n")}, p.KeySpecificRules...)
	return strings.Join(lines, "\n") + "\n"
}

// seatbeltCall is the call that a probe makes. Compile has refused plans that name
// something else; a suite compiled by another version may still.
func seatbeltCall(sc *Scenario) (string, error) {
	operation, ok := seatbelt.Lookup(sc.Operation)
	if !ok {
		return "", fmt.Errorf("operation %q is not one that this build attempts on macOS", sc.Operation)
	}
	driver, ok := operation.Driver(sc.Driver)
	if !ok {
		return "", fmt.Errorf("operation %q has no driver %q", sc.Operation, sc.Driver)
	}
	call, ok := driver.Syscall(sc.Syscall)
	if !ok {
		return "", fmt.Errorf("operation %q has no syscall %q", sc.Operation, sc.Syscall)
	}
	return call.Name, nil
}

// asked is the call as the model names it. A file that is written to is there:
// what a probe needs of the scratch folders is made before it.
func asked(operation, call string) string {
	switch {
	case !strings.HasPrefix(operation, "file-"):
		return ""
	case call == "open" && strings.HasPrefix(operation, "file-write"):
		return "open (write, existing file)"
	case call == "open":
		return "open (read)"
	case call == "openat":
		return "open(parent dir) then openat(dirfd, leaf)"
	case call == "openat_rootrel":
		return "openat(fd of /, relative path)"
	}
	return call
}

func filterName(sc *Scenario) string {
	if sc.FilterName == "" && sc.FilterType != nil {
		name, _ := seatbelt.FilterName(*sc.FilterType)
		return name
	}
	return sc.FilterName
}

// check asks what sandbox_check would be asked: one operation, by itself. Whether
// it takes a path as it is spelled or as the kernel reaches it is not documented,
// so what is known is what holds for both.
func (o *seatbeltOracle) check(p *seatbeltProfile, sc *Scenario) model.Answer {
	noLinks := new(model.World)
	q := model.Question{Operation: sc.Operation, Target: sc.Target, FilterName: filterName(sc), World: noLinks}
	spelled := p.Ask(q)
	if filter, _ := seatbelt.UsualFilter(sc.Operation); cmp.Or(q.FilterName, filter) != "path" {
		return spelled
	}
	q.World = o.world
	reached := p.Ask(q).Resolved
	if reached == "" {
		return model.Answer{Decision: model.Unknown, Reason: fmt.Sprintf("where %s leads is not known", sc.Target)}
	}
	q.Target, q.World = reached, noLinks
	resolved := p.Ask(q)
	if resolved.Decision != spelled.Decision {
		return model.Answer{Decision: model.Unknown, Resolved: reached, Reason: fmt.Sprintf(
			"the answer for %s as it is spelled is %s, for %s, where it leads, %s, and which of them sandbox_check is asked about is not documented",
			sc.Target, spelled.Decision, reached, resolved.Decision)}
	}
	return resolved
}

func seatbeltPrediction(a model.Answer, target string) *evidence.Prediction {
	p := &evidence.Prediction{Decision: string(a.Decision), Prediction: artifact.Prediction{Model: ModeSBPL, Reason: a.Reason}}
	if a.Resolved != target {
		p.Resolved = a.Resolved
	}
	for _, c := range a.Missing {
		p.Missing = append(p.Missing, artifact.MissingRight{Right: c.Operation, Target: c.Target})
	}
	if r := a.Rule; r != nil {
		p.Rule = &artifact.PolicyRule{File: r.File, Line: r.Line, Text: r.Text}
	}
	return p
}
