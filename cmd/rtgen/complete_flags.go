package main

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

// completeFlags gives every command's flags what completes their values, by the
// flag's name. A flag that is not named here takes what the shell offers: files.
func completeFlags(root *cobra.Command, src *harness.Source) {
	ids := completer{src}
	values := map[string]cobra.CompletionFunc{
		"plan":          ids.plans,
		"registry":      ids.registries,
		"probe":         ids.probes,
		"profile":       ids.profiles,
		"only-profile":  ids.profiles,
		"only-scenario": ids.scenarios,
		"bundle":        folders,
		"dir":           folders,
		"out-dir":       folders,
		"root":          folders,
		"scratch":       folders,
		"staging":       folders,
		"world-id":      cobra.NoFileCompletions,
		"lane":          oneOf(harness.AllLanes()...),
		"lock":          oneOf(harness.LockFail, harness.LockWait),
		"channel":       oneOf(channels()...),
		"format":        oneOf(lintFormats...),
		"apply-gate":    oneOf(harness.ApplyGateEnforce, harness.ApplyGateForce, harness.ApplyGateOff),
		"witness":       oneOf(harness.WitnessAuto, harness.WitnessOff, harness.WitnessEnable),
	}
	for _, cmd := range root.Commands() {
		for name, complete := range values {
			if cmd.Flags().Lookup(name) == nil {
				continue
			}
			if _, own := cmd.GetFlagCompletionFunc(name); own {
				continue // the command knows better
			}
			if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
				panic(err) // the flag is there, and nobody else completes it
			}
		}
		if cmd.ValidArgsFunction == nil && cmd.Args != nil && cmd.Args(cmd, []string{"x"}) != nil {
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

// channels are those that this host has.
func channels() []harness.ChannelName {
	names := []harness.ChannelName{harness.ChannelDirect, harness.ChannelSpawnClean}
	if runtime.GOOS == "darwin" {
		names = append(names, harness.ChannelLaunchdClean)
	}
	return append(names, harness.ChannelClean)
}

// folders has the shell complete folders alone.
func folders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// oneOf completes one of a few words.
func oneOf[T ~string](words ...T) cobra.CompletionFunc {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	return cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)
}

// completer completes ids with what the data on the line holds. Data that does
// not load completes nothing: the command itself will say what is wrong.
type completer struct{ src *harness.Source }

const (
	noFiles = cobra.ShellCompDirectiveNoFileComp
	orFiles = cobra.ShellCompDirectiveDefault // where there is nothing to offer
)

// searchTime is how long a person who pressed a key may wait for plans of a
// large root.
const searchTime = 300 * time.Millisecond

func (c completer) plans(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	found := make(chan []string, 1)
	go func() { found <- c.planFiles(typed) }()
	select {
	case files := <-found:
		return files, orFiles
	case <-time.After(searchTime):
		return nil, orFiles
	}
}

// planFiles are the plans under the root, named the way the typed text starts.
func (c completer) planFiles(typed string) []string {
	list, err := c.src.ListPlans()
	if err != nil {
		return nil
	}
	root, err := c.src.RootFor(".")
	if err != nil {
		return nil
	}
	var files []string
	for _, p := range list {
		name := filepath.Join(root, filepath.FromSlash(p.Path))
		if strings.HasSuffix(p.Path, "/") {
			continue // a folder that cannot be read
		}
		if !filepath.IsAbs(typed) {
			if name, err = relative(".", name); err != nil {
				continue
			}
			if strings.HasPrefix(typed, "./") {
				name = "./" + name
			}
		}
		if strings.HasPrefix(name, typed) {
			files = append(files, described(name, p.PlanID))
		}
	}
	return files
}

func (c completer) registries(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	list, err := c.src.ListRegistries()
	if err != nil {
		return nil, noFiles
	}
	var ids []string
	for _, e := range list {
		ids = append(ids, described(e.ID, e.Description))
	}
	return ids, noFiles
}

func (c completer) probes(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	r, err := c.registry(cmd)
	if err != nil {
		return nil, noFiles
	}
	var ids []string
	for _, p := range r.Probes {
		if strings.HasPrefix(p.ID, typed) {
			ids = append(ids, described(p.ID, attempted(p)))
		}
	}
	return ids, noFiles
}

// profiles are those of the registry for a command that looks into one, else
// those that the plan names.
func (c completer) profiles(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	file := given(cmd, "plan")
	switch {
	case file == "" && given(cmd, "registry") == "":
		return nil, orFiles
	case cmd.Flags().Lookup("registry") == nil:
		plan, err := c.src.LoadPlan(file)
		if err != nil {
			return nil, noFiles
		}
		return unused(cmd, "only-profile", plan.Profiles), noFiles
	}
	r, err := c.registry(cmd)
	if err != nil {
		return nil, noFiles
	}
	var ids []string
	for _, p := range r.Profiles {
		ids = append(ids, described(p.ID, p.Mode))
	}
	return ids, noFiles
}

// scenarios are the expectation ids of the plan, of the profiles asked for when
// there are any.
func (c completer) scenarios(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	file := given(cmd, "plan")
	if file == "" {
		return nil, noFiles
	}
	plan, err := c.src.LoadPlan(file)
	if err != nil {
		return nil, noFiles
	}
	r, err := c.src.LoadRegistry(plan)
	if err != nil {
		return nil, noFiles
	}
	only := all(cmd, "only-profile")
	var ids []string
	for _, id := range plan.Profiles {
		profile, ok := r.Profile(id)
		if !ok || len(only) > 0 && !slices.Contains(only, id) {
			continue
		}
		for _, ref := range profile.ProbeRefs {
			if probe, ok := r.Probe(ref); ok && strings.HasPrefix(probe.ExpectationIDFor(id), typed) {
				ids = append(ids, probe.ExpectationIDFor(id))
			}
		}
	}
	return unused(cmd, "only-scenario", ids), noFiles
}

// registry is the one that --registry or --plan on the line name.
func (c completer) registry(cmd *cobra.Command) (*harness.Registry, error) {
	from := registryFlags{registry: given(cmd, "registry"), plan: given(cmd, "plan")}
	if err := from.check(cmd.Name()); err != nil {
		return nil, err
	}
	return from.load(*c.src)
}

// given is the value a flag has on the line; empty when it has none.
func given(cmd *cobra.Command, name string) string {
	if f := cmd.Flags().Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

// all are the values a repeatable flag has on the line.
func all(cmd *cobra.Command, name string) []string {
	values, err := cmd.Flags().GetStringArray(name)
	if err != nil {
		return nil // the command has no such flag
	}
	return values
}

// unused leaves out what the line has already.
func unused(cmd *cobra.Command, name string, ids []string) []string {
	used := all(cmd, name)
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(used, id) })
}

// described is a completion with a word about it, on one line.
func described(id, about string) string {
	if about == "" {
		return id
	}
	return cobra.CompletionWithDesc(id, cell(about))
}
