package harness

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
	"github.com/rtgen/rtgen/harness/internal/nearest"
	"github.com/rtgen/rtgen/harness/internal/op"
	model "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// landlockPolicy is a policy of Landlock: one text, so one layer.
type landlockPolicy struct {
	ruleset  landlock.Ruleset
	entries  map[string][]landlockEntry // by what the model calls a rule
	prepared remembered[sceneKey, *model.Policy]
}

// landlockEntry is what one parent or port of the text grants.
type landlockEntry struct {
	landlock.Place
	rights []string // as the audit log names them
	text   string
}

func loadLandlock(name, text string, toml bool, params map[string]string) (oraclePolicy, error) {
	config, err := landlock.ParseAs(name, []byte(text), toml)
	var values map[string][]string
	if err == nil {
		values, err = valuesFor(config, params)
	}
	var r landlock.Ruleset
	if err == nil {
		r, err = config.Resolve(values, nil)
	}
	if err != nil {
		var errs fileErrors
		errs.add(err)
		return nil, errs.err()
	}
	maps.Copy(values, config.Variables)
	p := &landlockPolicy{ruleset: r, entries: map[string][]landlockEntry{}}
	add := func(rule string, at landlock.Place, rights []string, key, value string) {
		p.entries[rule] = append(p.entries[rule], landlockEntry{at, rights, entryText(toml, rights, key, value)})
	}
	for _, g := range config.Paths {
		paths, err := g.Parent.Expand(values, len(r.Paths))
		if err != nil {
			return nil, fmt.Errorf("bug: %s:%d: %w", g.File, g.Line, err) // Resolve has expanded it
		}
		for _, rule := range paths {
			add(rule, g.Place, g.Access.AuditNames(), "parent", strconv.Quote(g.Parent.String()))
		}
	}
	for _, g := range config.Ports {
		port := strconv.FormatUint(g.Port, 10)
		add(port, g.Place, g.Access.AuditNames(), "port", port)
	}
	return p, nil
}

// valuesFor is the parameters that a run would set. The others are put among
// the text's own variables, where they may stand anywhere in a parent.
func valuesFor(c *landlock.Config, params map[string]string) (map[string][]string, error) {
	var faults jsondoc.Faults
	values := make(map[string][]string)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		at, defined := c.Defined[name]
		switch {
		case defined:
			faults.Add(at.Line, "", "variable %q is set by a parameter too; drop one of them", name)
		case !slices.Contains(landlock.ObservationVariables, name):
			c.Variables[name] = []string{params[name]}
		case !path.IsAbs(params[name]):
			return nil, inputErrorf("parameter %q: %q is no absolute path", name, params[name])
		default:
			values[name] = []string{params[name]}
		}
	}
	for _, g := range c.Paths {
		for _, name := range g.Parent.Variables() {
			_, own := c.Variables[name]
			if _, given := values[name]; !own && !given {
				faults.Add(g.Line, "", "parent %q: variable %q has no value; give it one as a parameter, such as --param %s=/srv/agent", g.Parent, name, name)
			}
		}
	}
	return values, dataError(c.File, faults)
}

// entryText is the rule about one parent or port as the text would have it.
func entryText(toml bool, rights []string, key, value string) string {
	names := make([]string, len(rights))
	for i, r := range rights {
		_, r, _ = strings.Cut(r, ".")
		names[i] = strconv.Quote(r)
	}
	if toml {
		return fmt.Sprintf("{allowed_access = [%s], %s = [%s]}", strings.Join(names, ", "), key, value)
	}
	return fmt.Sprintf(`{"allowedAccess": [%s], %q: [%s]}`, strings.Join(names, ", "), key, value)
}

// linuxHost is this host as the model of Landlock sees it.
type linuxHost struct {
	facts world.Facts
	tree  model.Tree
	cred  *model.Cred
}

func surveyLinux() *linuxHost {
	facts, err := world.Survey()
	if err != nil {
		facts = world.Facts{} // a system that is not known: then it has no Landlock either
	}
	return &linuxHost{facts, model.NewCached(model.NewHost()), askingCred(facts)}
}

var linuxWorld = regexp.MustCompile(`^linux-.+-landlock(\d{1,3})-[0-9a-f]{8}$`)

// setting is what a policy is asked of in the world of a question.
func (h *linuxHost) setting(r landlock.Ruleset, q *OracleQuestion) (model.Setting, error) {
	s := model.Setting{Layers: []landlock.Ruleset{r}, Cred: h.cred, ABI: h.facts.LandlockABI}
	if h.facts.LandlockErrata != nil {
		s.Errata = *h.facts.LandlockErrata
	}
	if q.World != "" && q.World != h.facts.ID() {
		m := linuxWorld.FindStringSubmatch(q.World)
		if m == nil {
			return s, inputErrorf("world %q: want a Linux world for a Landlock policy, such as linux-6.12.9-x86_64-landlock6-0123abcd", q.World)
		}
		s.ABI, s.Errata = 0, 0
		if s.ABI, _ = strconv.Atoi(m[1]); s.ABI == 0 {
			return s, inputErrorf("world %q has no Landlock; name one that does", q.World)
		}
	}
	var err error
	if s.Tree, err = model.WithLinks(h.tree, q.Symlinks); err != nil {
		return s, &InputError{err}
	}
	return s, nil
}

func (p *landlockPolicy) ask(o *Oracle, q *OracleQuestion) (OracleAnswer, error) {
	operation, variant, err := askable(q)
	if err != nil {
		return OracleAnswer{}, err
	}
	policy, err := p.prepared.get(q.scene(), sceneKey.size, func() (*model.Policy, error) {
		s, err := o.here().setting(p.ruleset, q)
		if err != nil {
			return nil, err
		}
		return model.Prepare(s)
	})
	answer := OracleAnswer{Operation: q.Operation, Target: q.Target, Missing: []OracleMissing{}}
	switch {
	case IsInputError(err):
		return OracleAnswer{}, err
	case err != nil: // no kernel of that world would have the policy
		answer.Decision, answer.Reason = unknownDecision, err.Error()
		return answer, nil
	}
	a := policy.Ask(model.Call{Op: operation.Name, Syscall: variant.Name, Target: q.Target, Source: q.Source})
	answer.Decision, answer.Reason, answer.Blockers = string(a.Decision), a.Reason, a.Blockers()
	answer.Errno, answer.ErrnoName = a.Errno, model.ErrnoName(a.Errno)
	if a.Resolved != "" {
		answer.Resolved = &a.Resolved
	}
	for _, m := range a.Missing {
		answer.Missing = append(answer.Missing, OracleMissing{Layer: new(m.Layer), Right: m.Right})
	}
	for _, g := range a.Granting {
		p.grant(&answer, g)
	}
	return answer, nil
}

// seatbeltCalls are the names that calls have in questions about Seatbelt, where
// the same call has another among the variants of an operation.
var seatbeltCalls = map[[2]string]string{
	{"fs.read_file", "open (read)"}:                     "open",
	{"fs.read_file", "openat(fd of /, relative path)"}:  "openat",
	{"fs.write_file", "open (write, existing file)"}:    "open",
	{"fs.write_file", "openat(fd of /, relative path)"}: "openat",
	{"syscall.chmod", "chmod"}:                          "fchmodat",
	{"syscall.chown", "chown"}:                          "fchownat",
}

// askable finds what a question asks Landlock's model about, or says why
// nobody can be asked that.
func askable(q *OracleQuestion) (*op.Op, *op.Variant, error) {
	o, ok := op.Lookup(q.Operation)
	if !ok {
		return nil, nil, inputErrorf("operation %q is none of Landlock's model%s; rtgen list-operations shows what is", q.Operation, nearest.Meant(op.Nearest(q.Operation)))
	}
	v, ok := o.Variant(cmp.Or(seatbeltCalls[[2]string{o.Name, q.Syscall}], q.Syscall))
	if !ok {
		names := o.VariantNames()
		return nil, nil, inputErrorf("operation %s has no syscall %q%s; it has %s", q.Operation, q.Syscall, didYouMean(q.Syscall, names), strings.Join(names, ", "))
	}
	switch {
	case q.FilterName != "":
		return nil, nil, inputErrorf("filter %q is for Seatbelt, and the policy is Landlock's; leave it out", q.FilterName)
	case q.Target == "":
		return nil, nil, inputErrorf("operation %s needs a target", q.Operation)
	case v.TwoPaths && q.Source == "":
		return nil, nil, inputErrorf("operation %s by %s needs a source beside its target: the other path, or the text of a symlink", q.Operation, v.Name)
	case !v.TwoPaths && q.Source != "":
		return nil, nil, inputErrorf("operation %s by %s has no source; leave it out", q.Operation, v.Name)
	}
	if text := v.CheckTarget(q.Target); text != "" {
		return nil, nil, inputErrorf("operation %s %s", q.Operation, text)
	}
	return o, v, nil
}

// grant says which entries of the text a rule of the model stands for.
func (p *landlockPolicy) grant(answer *OracleAnswer, g model.Grant) {
	for _, e := range p.entries[g.Rule] {
		var rights []string
		for _, r := range g.Rights {
			if slices.Contains(e.rights, r) {
				rights = append(rights, r)
			}
		}
		if rights == nil {
			continue
		}
		answer.Granting = append(answer.Granting, OracleGrant{Layer: g.Layer, Rule: g.Rule, Rights: rights, File: e.File, Line: e.Line})
		if answer.Rule == nil && answer.Decision == string(model.Allow) {
			answer.Rule = &OracleRule{File: e.File, Line: e.Line, Text: e.text}
		}
	}
}
