package harness

import (
	"os"
	"slices"
	"strconv"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	model "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// landlockModel asks the model of Landlock. Fixtures are described to it, not
// made.
type landlockModel struct {
	host *model.Cached // what the model may look up of this host; remembered for the session
	vars map[string]string
	cred *model.Cred
}

func (s *Session) newLandlockModel() *landlockModel {
	// Where a fixture of this session would be made: rules on parents of the
	// scratch folder count as they would for a real one.
	return &landlockModel{host: model.NewCached(model.NewHost()), vars: fixture.Described(s.base()), cred: askingCred(s.facts)}
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
func (o *landlockModel) asker(required []string) *model.Cred {
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

func (s *Session) predictLandlock(obs *Observation, p *CompiledProfile, sc *Scenario) {
	if slices.Contains(sc.Capabilities, "uid!=0") && s.facts.UID == 0 {
		blocked(obs, Unsupported, "model_unknown", "the scenario is about an ordinary user, and root asks: plain permissions are not the same")
		return
	}
	if s.models.landlock == nil {
		s.models.landlock = s.newLandlockModel()
	}
	ans, err := s.models.landlock.ask(s, p, sc, obs)
	if err != nil {
		broken(obs, "model_question", err.Error())
		return
	}
	obs.Oracle = landlockPrediction(ans)
	if ans.Resolved != obs.RequestedPath {
		obs.Oracle.Resolved = ans.Resolved
	}
	conclude(obs, string(ans.Decision), ans.Reason)
}

func (o *landlockModel) ask(s *Session, p *CompiledProfile, sc *Scenario, obs *Observation) (model.Answer, error) {
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

// landlockPrediction keeps the answer. What the policy's flags keep out of the
// kernel's log is not foretold: the calls of a program that the probe started are
// logged all the same.
func landlockPrediction(a model.Answer) *evidence.Prediction {
	p := &evidence.Prediction{
		Decision:   string(a.Decision),
		Prediction: artifact.Prediction{Model: ModeLandlock, Errno: a.Errno, Reason: a.Reason},
	}
	for _, m := range a.Missing {
		p.Missing = append(p.Missing, artifact.MissingRight{Layer: &m.Layer, Right: m.Right})
	}
	for _, g := range a.Granting {
		p.Granting = append(p.Granting, artifact.Grant{Layer: g.Layer, Rule: g.Rule, Rights: g.Rights})
	}
	if blockers := a.Blockers(); len(blockers) > 0 {
		p.Record = &artifact.DenialRecord{Layer: a.Record.Layer, Blockers: blockers}
	}
	return p
}
