package harness

import (
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// metadataTemplate makes a plan about a file's metadata: every system call that
// reads or changes it, on an alias of each path and on the path itself.
type metadataTemplate struct {
	generated
	pairs        [][2]templatePath // alias, canonical
	reads        []string          // system calls
	payloads     []string
	withPayload  map[string]bool // read system calls that take one
	writes       []string
	configs      map[string]*Profile
	allowedPaths map[string]map[string]bool // by profile
}

// The operations of metadata probes.
const (
	opReadMetadata = "file-read-metadata"
	opWriteFile    = "file-write*"
)

// driverMetadata is what carries metadata probes out.
const driverMetadata = "metadata_runner"

func (r *templateRead) readMetadata(profiles jsondoc.Value) expander {
	m := &metadataTemplate{
		generated:   r.readGenerated(LaneFlags{LaneScenario: true, LaneBaseline: true, LaneOracle: false}),
		withPayload: map[string]bool{},
		configs:     map[string]*Profile{}, allowedPaths: map[string]map[string]bool{},
	}
	m.plan.Notes = r.at("notes").Text()
	r.readMatrix()
	pairs := r.o.Need("path_pairs")
	m.pairs = readPairs(pairs, "an alias and the path it stands for")
	if pairs.Kind() == jsondoc.Array && len(pairs.Items()) == 0 {
		pairs.Faultf("is empty; give at least one pair of an alias and the path it stands for")
	}
	ops := r.o.Need("ops").Object()
	read := ops.Need(opReadMetadata).Object()
	m.reads = readNames(read.Need("syscalls"))
	m.payloads = readNames(read.Opt("attr_payloads").OrNull())
	for _, item := range read.Opt("attr_payload_syscalls").OrNull().Items() {
		name := item.Text()
		if item.Kind() == jsondoc.String && !slices.Contains(m.reads, name) {
			item.Faultf("%q is not in syscalls%s; correct the name or remove it", name, didYouMean(name, m.reads))
		}
		m.withPayload[name] = true
	}
	read.End()
	write := ops.Need(opWriteFile).Object()
	m.writes = readNames(write.Need("syscalls"))
	write.End()
	ops.End()
	sets := m.sets()
	r.readProfiles(&m.generated, profiles, func(id string, o *jsondoc.Members) {
		m.configs[id] = r.readMetadataProfile(m, id, o)
		m.allowedPaths[id] = readAllowed(o.Need("allowed_sets"), sets)
	})
	return m
}

// sets are the sets of paths that every template has.
func (m *metadataTemplate) sets() map[string][]string {
	sets := map[string][]string{"alias": nil, "canonical": nil, "all": nil, "alias_tmp": nil, "alias_var": nil}
	add := func(set, path string) { sets[set] = append(sets[set], path) }
	for _, pair := range m.pairs {
		alias, canonical := pair[0].text, pair[1].text
		add("alias", alias)
		add("canonical", canonical)
		add("all", alias)
		add("all", canonical)
		if strings.HasPrefix(alias, "/tmp/") {
			add("alias_tmp", alias)
		}
		if strings.HasPrefix(alias, "/var/tmp") {
			add("alias_var", alias)
		}
	}
	return sets
}

func readAllowed(v jsondoc.Value, sets map[string][]string) map[string]bool {
	allowed := map[string]bool{}
	for _, item := range v.Items() {
		paths, known := sets[item.Text()]
		if item.Kind() == jsondoc.String && !known {
			item.Faultf("unknown set %q%s; want %s", item.Text(), didYouMean(item.Text(), keys(sets)), strings.Join(keys(sets), ", "))
		}
		for _, path := range paths {
			allowed[path] = true
		}
	}
	return allowed
}

func (r *templateRead) readMetadataProfile(m *metadataTemplate, id string, o *jsondoc.Members) *Profile {
	p := r.profileOf(id, o)
	if mode := o.Opt("mode").OrNull(); mode.Present() {
		p.Mode = jsondoc.Enum(mode, ModeSBPL, ModeBlob)
	}
	// Null says that there is none; only an absent key asks the template.
	p.Family, p.SemanticGroup = m.family, m.group
	if v := o.Opt("family"); v.Present() {
		p.Family = readOptional(v)
	}
	if v := o.Opt("semantic_group"); v.Present() {
		p.SemanticGroup = readOptional(v)
	}
	return p
}

func (m *metadataTemplate) expand(t *PlanTemplate) (*BuiltPlan, error) {
	g := t.generate()
	for _, id := range m.order {
		profile := *m.configs[id]
		profile.ProbeRefs = []string{}
		g.profiles = append(g.profiles, &profile)
		add := func(op, prefix string, path templatePath, syscall, payload string) {
			name := prefix + syscall
			if payload != "" {
				name += "_" + payload
			}
			g.add(&profile, &Probe{
				Name: name + "_" + path.text, Operation: op, Target: path.text, Expected: decide(m.allowedPaths[id][path.text]),
				SupportsLanes: m.lanes, ExpectedPrimaryOps: []string{op}, ExpectedPredicates: []string{path.text},
				CapabilitiesRequired: []string{}, ControlsSupported: slices.Clone(probeControls),
				Driver: driverMetadata, Syscall: syscall, AttrPayload: payload,
			}, path.line)
		}
		for _, path := range m.targets() {
			for _, syscall := range m.reads {
				payloads := []string{""}
				if m.withPayload[syscall] {
					payloads = m.payloads
				}
				for _, payload := range payloads {
					add(opReadMetadata, "readmeta_", path, syscall, payload)
				}
			}
		}
		for _, path := range m.targets() {
			for _, syscall := range m.writes {
				add(opWriteFile, "writemeta_", path, syscall, "")
			}
		}
	}
	return g.end(m.generated)
}

// targets are alias and canonical of each pair in turn.
func (m *metadataTemplate) targets() []templatePath {
	targets := make([]templatePath, 0, 2*len(m.pairs))
	for _, pair := range m.pairs {
		targets = append(targets, pair[0], pair[1])
	}
	return targets
}
