package harness

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	model "github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// seatbeltModel asks the model of macOS's profiles. It knows of a host what its
// world has, so every host answers alike.
type seatbeltModel struct {
	world    *model.World
	profiles map[string]*seatbeltProfile // by profile id
}

// seatbeltProfile is a profile as it would be applied.
type seatbeltProfile struct {
	*model.Profile
	err error // the text is no profile
}

func (s *Session) newSeatbeltModel() *seatbeltModel {
	m := &seatbeltModel{world: model.MacOS(), profiles: make(map[string]*seatbeltProfile)}
	// The host that the plan is about, else this one; where it is no Mac, any.
	id := s.compiled.WorldID
	if contract.SystemOf(id) != contract.Darwin {
		id = s.ticket.WorldID
	}
	if w, err := model.FindWorld(id); err == nil {
		m.world = w
	}
	return m
}

func (s *Session) predictSeatbelt(obs *Observation, p *CompiledProfile, sc *Scenario) {
	if s.models.seatbelt == nil {
		s.models.seatbelt = s.newSeatbeltModel()
	}
	m := s.models.seatbelt
	profile := m.profile(p)
	if profile.err != nil {
		broken(obs, "model_question", profile.err.Error())
		return
	}
	if strings.HasPrefix(sc.Operation, "file-") {
		obs.RequestedPath = sc.Target
	}
	var ans model.Answer
	if sc.Driver == seatbelt.CheckDriver {
		obs.Syscall = model.CheckCall
		ans = profile.AskCheck(model.Question{Operation: sc.Operation, Target: sc.Target, FilterName: filterName(sc), World: m.world})
	} else {
		_, call, err := lookupSeatbelt(sc)
		if err != nil {
			broken(obs, "model_question", err.Error())
			return
		}
		obs.Syscall = call.Name
		ans = profile.Ask(model.Question{
			Operation: sc.Operation, Target: sc.Target, Syscall: obs.Syscall, FilterName: filterName(sc), World: m.world,
		})
	}
	if ans.Decision == model.Unknown && !strings.Contains(ans.Reason, p.Path) {
		ans.Reason = p.Path + ": " + ans.Reason // no form is in doubt, which would name its file
	}
	obs.Oracle = seatbeltPrediction(ans, sc.Target)
	conclude(obs, string(ans.Decision), ans.Reason)
}

// profile is what the run of a profile's text leaves behind as it is applied: with
// the registry's rules behind it, which override it. What is added for drivers that
// are programs is not among them: it is about starting a program, and none of these
// attempts that.
func (m *seatbeltModel) profile(p *CompiledProfile) *seatbeltProfile {
	if known := m.profiles[p.ID]; known != nil {
		return known
	}
	src := model.Source{File: p.Path, Text: p.Text, Params: p.Parameters}
	if len(p.KeySpecificRules) > 0 {
		// A file of their own, so that answers name their lines and not some behind
		// the text's last.
		const rules = "key_specific_rules"
		src.Text = strings.TrimRight(p.Text, " \t\r\n") + "\n(import \"" + rules + "\")\n"
		src.Import = func(from, name string) (file, text string, err error) {
			if from != p.Path || name != rules {
				return "", "", errors.New("what a profile imports is no part of a plan")
			}
			return p.Path + " " + rules, strings.Join(p.KeySpecificRules, "\n"), nil
		}
	}
	made := &seatbeltProfile{}
	m.profiles[p.ID] = made
	compiled, faults := model.Compile(src)
	if len(faults) > 0 {
		made.err = fmt.Errorf("%s:%d: %s", p.Path, faults[0].Line, faults[0].Msg)
	}
	made.Profile = compiled
	return made
}

// lookupSeatbelt finds what a scenario attempts on macOS. Compile has refused plans
// that name something else; a suite compiled by another version may still.
func lookupSeatbelt(sc *Scenario) (*seatbelt.Operation, *seatbelt.Syscall, error) {
	operation, ok := seatbelt.Lookup(sc.Operation)
	if !ok {
		return nil, nil, fmt.Errorf("operation %q is not one that this build attempts on macOS", sc.Operation)
	}
	driver, ok := operation.Driver(sc.Driver)
	if !ok {
		return nil, nil, fmt.Errorf("operation %q has no driver %q", sc.Operation, sc.Driver)
	}
	call, ok := driver.Syscall(sc.Syscall)
	if !ok {
		return nil, nil, fmt.Errorf("operation %q has no syscall %q", sc.Operation, sc.Syscall)
	}
	return operation, call, nil
}

func filterName(sc *Scenario) string {
	if sc.FilterName == "" && sc.FilterType != nil {
		name, _ := seatbelt.FilterName(*sc.FilterType)
		return name
	}
	return sc.FilterName
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
