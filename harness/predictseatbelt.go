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
	engine "github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// seatbeltModel asks the model of macOS's profiles. It knows of a host what its
// world has, so every host answers alike.
type seatbeltModel struct {
	world    *model.World
	profiles map[profileKey]*seatbeltProfile
}

// profileKey tells the texts of a profile apart.
type profileKey struct {
	id      string
	program bool // as it is applied for drivers that are programs
}

// seatbeltProfile is a profile as it would be applied.
type seatbeltProfile struct {
	*model.Profile
	err error // the text is no profile
}

func (s *Session) newSeatbeltModel() *seatbeltModel {
	m := &seatbeltModel{world: model.MacOS(), profiles: make(map[profileKey]*seatbeltProfile)}
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
	profile := m.profile(p, startsProgram(sc))
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
// what a driver's program needs behind it, if it is such a driver, and behind that
// the registry's rules. Each overrides what stands before it.
func (m *seatbeltModel) profile(p *CompiledProfile, program bool) *seatbeltProfile {
	key := profileKey{p.ID, program}
	if known := m.profiles[key]; known != nil {
		return known
	}
	src := model.Source{File: p.Path, Text: p.Text, Params: p.Parameters}
	// Files of their own, so that answers name their lines and not some behind the
	// text's last.
	added := make(map[string]string)
	add := func(name, text string) {
		if len(added) == 0 {
			src.Text = strings.TrimRight(p.Text, " \t\r\n") + "\n"
		}
		src.Text += "(import \"" + name + "\")\n"
		added[name] = text
	}
	if program {
		add("shim", engine.Shim)
	}
	if len(p.KeySpecificRules) > 0 {
		add("key_specific_rules", strings.Join(p.KeySpecificRules, "\n"))
	}
	if len(added) > 0 {
		src.Import = func(from, name string) (file, text string, err error) {
			text, ours := added[name]
			if from != p.Path || !ours {
				return "", "", errors.New("what a profile imports is no part of a plan")
			}
			return p.Path + " " + name, text, nil
		}
	}
	made := &seatbeltProfile{}
	m.profiles[key] = made
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
