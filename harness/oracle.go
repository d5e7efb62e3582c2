package harness

import (
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	model "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// oracle asks the model of an engine. It attempts nothing: fixtures are
// described to the model, not made.
type oracle struct {
	host *model.Cached // what the model may look up of this host; remembered for the session
	vars map[string]string
	cred *model.Cred
}

func (s *Session) newOracle() *oracle {
	// Where a fixture of this session would be made: rules on parents of the
	// scratch folder count as they would for a real one.
	return &oracle{host: model.NewCached(model.NewHost()), vars: fixture.Described(s.base()), cred: askingCred(s.facts)}
}

// askingCred is whoever runs this process, as far as the survey found out.
func askingCred(f world.Facts) *model.Cred {
	caps, err := strconv.ParseUint(f.CapEffective, 16, 64)
	if err != nil { // no Linux: the question is about a host like root's
		if os.Geteuid() == 0 {
			return nil
		}
		caps = 0
	}
	groups, err := os.Getgroups()
	if err != nil {
		groups = nil // then the model knows less, and says "unknown" more often
	}
	return &model.Cred{
		UID: os.Geteuid(), GID: os.Getegid(), Groups: groups,
		Caps: model.Caps(caps), Contained: !f.InitialUserNamespace,
	}
}

// asker is who the question is about: whoever runs this process, with the
// capabilities that the scenario requires of a user.
func (o *oracle) asker(required []string) *model.Cred {
	if o.cred == nil {
		return nil
	}
	who := *o.cred
	for _, capability := range required {
		switch capability {
		case "uid==0":
			return nil // may do everything
		case "cap_mknod":
			who.Caps |= model.CapMknod
		case "cap_net_raw":
			who.Caps |= model.CapNetRaw
		case "cap_sys_admin":
			who.Caps |= model.CapSysAdmin
		case "cap_sys_chroot":
			who.Caps |= model.CapSysChroot
		}
	}
	return &who
}

// predict fills in the oracle lane. A model that does not know leaves the lane
// unsupported: unknown is no decision.
func (s *Session) predict(obs *Observation, p *CompiledProfile, sc *Scenario) {
	if p.Mode != ModeLandlock {
		blocked(obs, Unsupported, "model_unavailable", fmt.Sprintf("this build has no model of mode %q", p.Mode))
		return
	}
	if s.oracle == nil {
		s.oracle = s.newOracle()
	}
	if slices.Contains(sc.Capabilities, "uid!=0") && s.facts.UID == 0 {
		blocked(obs, Unsupported, "model_unknown", "the scenario is about an ordinary user, and root asks: plain permissions are not the same")
		return
	}
	ans, err := s.oracle.ask(s, p, sc, obs)
	if err != nil {
		broken(obs, "model_question", err.Error())
		return
	}
	obs.Oracle = prediction(ans)
	switch ans.Decision {
	case model.Allow:
		obs.Outcome, obs.Actual = Allowed, Allow
	case model.Deny:
		obs.Outcome, obs.Actual = Denied, Deny
	default:
		blocked(obs, Unsupported, "model_unknown", "the model does not know: "+ans.Reason)
	}
}

func (o *oracle) ask(s *Session, p *CompiledProfile, sc *Scenario, obs *Observation) (model.Answer, error) {
	operation, variant, err := lookupOperation(sc)
	if err != nil {
		return model.Answer{}, err
	}
	pol, err := s.policy(p)
	if err != nil {
		return model.Answer{}, err
	}
	spec := Fixture{}
	if sc.Fixture != nil {
		spec = *sc.Fixture
	}
	req, err := request(operation, variant, sc, &spec, o.vars)
	if err != nil {
		return model.Answer{}, err
	}
	obs.RequestedPath, obs.SourcePath, obs.Syscall = req.Target, req.Source, variant.Name
	tree, err := model.FromFixture(spec, o.vars, o.host)
	if err != nil {
		return model.Answer{}, err
	}
	peers, err := model.FixturePeers(spec, o.vars)
	if err != nil {
		return model.Answer{}, err
	}
	errata := 0 // a kernel that does not say
	if fixed := s.facts.LandlockErrata; fixed != nil {
		errata = *fixed
	}
	return model.Ask(model.Question{
		Layers: pol.ready, Op: req.Op, Syscall: req.Syscall, Target: req.Target, Source: req.Source,
		Tree: tree, Peers: peers, ABI: s.facts.LandlockABI, Errata: errata, Cred: o.asker(sc.Capabilities),
	}), nil
}

func prediction(a model.Answer) *evidence.Prediction {
	p := &evidence.Prediction{Model: ModeLandlock, Decision: string(a.Decision), Errno: a.Errno, Reason: a.Reason}
	for _, m := range a.Missing {
		p.Missing = append(p.Missing, evidence.Missing{Layer: m.Layer, Right: m.Right})
	}
	for _, g := range a.Granting {
		p.Granting = append(p.Granting, evidence.Grant{Layer: g.Layer, Rule: g.Rule, Rights: g.Rights})
	}
	return p
}
