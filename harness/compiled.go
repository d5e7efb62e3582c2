package harness

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/op"
)

// CompiledSchema is the schema_version of a compiled plan.
const CompiledSchema = "rtgen.compiled_plan.v0.1"

// Decision is what a policy did with an attempt; empty when nothing was decided.
type Decision = evidence.Decision

// The two decisions.
const (
	Allow = evidence.Allow
	Deny  = evidence.Deny
)

// Compiled is a plan resolved into everything a run needs: the expected matrix,
// the profiles' texts and the probes' fixtures. It is self-contained, so a
// suite that embeds one runs without the plan it came from.
type Compiled struct {
	SchemaVersion  string            `json:"schema_version"`
	PlanID         string            `json:"plan_id"`
	PlanDigest     Digest            `json:"plan_digest"`
	CompiledDigest Digest            `json:"compiled_digest"` // of all the rest
	RegistryID     string            `json:"registry_id"`
	WorldID        string            `json:"world_id,omitempty"` // the world the plan is pinned to; empty: any
	Lanes          LaneSet           `json:"lanes"`
	Preflight      *CompiledPolicy   `json:"apply_preflight,omitempty"`
	Profiles       []CompiledProfile `json:"profiles"`

	// Whole is Specs of the plan this one was selected from; nil for a plan
	// that is whole.
	Whole map[Lane]int `json:"-"`
}

// CompiledProfile is one profile with its scenarios in order.
type CompiledProfile struct {
	ID string `json:"profile_id"`
	CompiledPolicy
	Family           *string    `json:"family"`
	SemanticGroup    *string    `json:"semantic_group"`
	KeySpecificRules []string   `json:"key_specific_rules,omitempty"`
	Scenarios        []Scenario `json:"scenarios"`
}

// Scenario is one profile with one probe and its expected decision.
type Scenario struct {
	ExpectationID string   `json:"expectation_id"`
	Name          string   `json:"name"`
	Operation     string   `json:"operation"`
	Target        string   `json:"target"`
	Expected      Decision `json:"expected"`
	Lanes         LaneSet  `json:"lanes"` // the plan's and the probe's together
	Mode          string   `json:"mode,omitempty"`
	Driver        string   `json:"driver,omitempty"`
	Syscall       string   `json:"syscall,omitempty"`
	AttrPayload   string   `json:"attr_payload,omitempty"`
	AnchorCtxID   string   `json:"anchor_ctx_id,omitempty"`
	FilterName    string   `json:"filter_name,omitempty"`
	FilterType    *int     `json:"filter_type,omitempty"`
	Capabilities  []string `json:"capabilities_required,omitempty"`
	Fixture       *Fixture `json:"fixture,omitempty"`

	// File and Line say where the probe stands, for a plan compiled in this
	// process; a plan read back from a suite has neither.
	File string `json:"-"`
	Line int    `json:"-"`
}

// Encode is the compiled plan as it is embedded in a suite.
func (c *Compiled) Encode() ([]byte, error) {
	data, err := canon.Marshal(c, canon.Indented)
	if err != nil {
		return nil, fmt.Errorf("encode compiled plan %q: %w", c.PlanID, err)
	}
	return append(data, '\n'), nil
}

// DecodeCompiled reads what Encode wrote and checks its digest.
func DecodeCompiled(data []byte) (*Compiled, error) {
	var c Compiled
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return nil, fmt.Errorf("compiled plan: %w: generate the suite again with rtgen compile", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("compiled plan %q: data after the document: generate the suite again with rtgen compile", c.PlanID)
	}
	if c.SchemaVersion != CompiledSchema {
		return nil, fmt.Errorf("compiled plan %q: schema_version %q is not %q: generate the suite again with rtgen compile", c.PlanID, c.SchemaVersion, CompiledSchema)
	}
	digest, err := c.digest()
	if err != nil {
		return nil, err
	}
	if digest != c.CompiledDigest {
		return nil, fmt.Errorf("compiled plan %q: its digest is %s, it claims %s: generate the suite again with rtgen compile", c.PlanID, digest, c.CompiledDigest)
	}
	return &c, nil
}

func (c *Compiled) digest() (Digest, error) {
	bare := *c
	bare.CompiledDigest = Digest{}
	data, err := canon.Marshal(bare, canon.CompactSorted)
	if err != nil {
		return Digest{}, fmt.Errorf("digest compiled plan %q: %w", c.PlanID, err)
	}
	return sha256.Sum256(data), nil
}

// Selection narrows a compiled plan. The zero Selection takes everything.
type Selection struct {
	Profiles  []string // profile ids
	Scenarios []string // expectation ids
	Lane      Lane     // empty: every lane
}

// Select is the plan with only what sel names. Digests stay those of the whole
// plan: they say what the scenarios were taken from. An id the plan does not
// have, or a selection that leaves nothing, is an error.
func (c *Compiled) Select(sel Selection) (*Compiled, error) {
	if err := c.checkIDs(sel); err != nil {
		return nil, err
	}
	out := *c
	out.Whole = c.planned()
	if sel.Lane != "" {
		if !slices.Contains(AllLanes(), sel.Lane) {
			return nil, inputErrorf("unknown lane %q, use one of baseline, scenario, oracle", sel.Lane)
		}
		out.Lanes = c.Lanes.Only(sel.Lane)
	}
	out.Profiles = nil
	for _, p := range c.Profiles {
		if len(sel.Profiles) > 0 && !slices.Contains(sel.Profiles, p.ID) {
			continue
		}
		kept := p
		kept.Scenarios = nil
		for _, s := range p.Scenarios {
			if len(sel.Scenarios) > 0 && !slices.Contains(sel.Scenarios, s.ExpectationID) {
				continue
			}
			if sel.Lane != "" {
				s.Lanes = s.Lanes.Only(sel.Lane)
			}
			kept.Scenarios = append(kept.Scenarios, s)
		}
		if len(kept.Scenarios) > 0 {
			out.Profiles = append(out.Profiles, kept)
		}
	}
	if len(out.Profiles) == 0 {
		return nil, inputErrorf("plan %q: no scenario is in all the profiles and scenarios asked for, widen --only-profile or --only-scenario", c.PlanID)
	}
	if sel.Lane != "" && out.Specs()[sel.Lane] == 0 {
		return nil, inputErrorf("plan %q: no scenario asked for is in lane %s, choose another --lane or switch it on in the plan and its probes", c.PlanID, sel.Lane)
	}
	return &out, nil
}

func (c *Compiled) checkIDs(sel Selection) error {
	var profiles, scenarios []string
	for _, p := range c.Profiles {
		profiles = append(profiles, p.ID)
		for _, s := range p.Scenarios {
			scenarios = append(scenarios, s.ExpectationID)
		}
	}
	for _, id := range sel.Profiles {
		if !slices.Contains(profiles, id) {
			return inputErrorf("plan %q has no profile %q%s", c.PlanID, id, didYouMean(id, profiles))
		}
	}
	for _, id := range sel.Scenarios {
		if !slices.Contains(scenarios, id) {
			return inputErrorf("plan %q has no scenario %q%s", c.PlanID, id, didYouMean(id, scenarios))
		}
	}
	return nil
}

// Scenario is the scenario with the expectation id, and its profile.
func (c *Compiled) Scenario(expectationID string) (*CompiledProfile, *Scenario, bool) {
	for i := range c.Profiles {
		p := &c.Profiles[i]
		for j := range p.Scenarios {
			if p.Scenarios[j].ExpectationID == expectationID {
				return p, &p.Scenarios[j], true
			}
		}
	}
	return nil, nil, false
}

// planned is Specs of the whole plan, whatever was selected from it: evidence
// of a part must not read like evidence of all.
func (c *Compiled) planned() map[Lane]int {
	if c.Whole != nil {
		return c.Whole
	}
	return c.Specs()
}

// Specs counts the specs the plan makes: its scenarios times their lanes.
func (c *Compiled) Specs() map[Lane]int {
	n := make(map[Lane]int)
	for _, p := range c.Profiles {
		for _, s := range p.Scenarios {
			for _, l := range AllLanes() {
				if s.Lanes.Has(l) {
					n[l]++
				}
			}
		}
	}
	return n
}

// Total counts the specs of all lanes.
func (c *Compiled) Total() int {
	total := 0
	for _, n := range c.Specs() {
		total += n
	}
	return total
}

// onPath says whether the scenario's target is a path, under a profile of a mode.
func (s *Scenario) onPath(mode string) bool {
	if isSeatbelt(mode) {
		return strings.HasPrefix(s.Operation, "file-")
	}
	_, variant, err := lookupOperation(s)
	return err == nil && variant.Target == op.TargetPath
}
