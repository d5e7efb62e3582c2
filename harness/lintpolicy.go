package harness

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// PolicyLintCodes are the kinds of finding that linting a Landlock policy tells,
// with the highest level each can have.
func PolicyLintCodes() []LintCode {
	return []LintCode{
		{string(landlock.CodeOpenFS), LevelWarning, "policy", "file-system rights that stay allowed"},
		{string(landlock.CodeOpenNet), LevelWarning, "policy", "network rights that stay allowed"},
		{string(landlock.CodeOpenScope), LevelWarning, "policy", "scopes that stay allowed"},
		{string(landlock.CodeOldABI), LevelNote, "policy", "the kernel has rights newer than the policy"},
		{string(landlock.CodeReferOneSide), LevelWarning, "policy", "refer is granted on one side only"},
		{string(landlock.CodeBeneath), LevelWarning, "policy", "a rule beneath another that grants as much"},
		{string(landlock.CodeMasked), LevelWarning, "policy", "a rule that composition takes rights from"},
		{string(landlock.CodeRepeated), LevelWarning, "policy", "a word that adds nothing"},
		{string(landlock.CodeDuplicate), LevelWarning, "policy", "two rules for one parent or port"},
		{string(landlock.CodeMissingParent), LevelWarning, "policy", "a parent that this host does not have"},
		{string(landlock.CodeFileRights), LevelWarning, "policy", "folder rights on a file"},
		{string(landlock.CodeEmptyGroup), LevelWarning, "policy", "a group that stands for nothing at the text's abi"},
		{string(landlock.CodeNewABI), LevelWarning, "policy", "more than this kernel has"},
		{string(landlock.CodeUndeclared), LevelWarning, "policy", "rights newer than the abi the text declares"},
		{string(landlock.CodeTooManyLayers), LevelWarning, "policy", "more layers than the kernel takes"},
		{string(landlock.CodeIdleLayer), LevelWarning, "policy", "a layer that narrows nothing"},
		{string(landlock.CodeNoSuchParent), LevelWarning, "policy", "an optional parent that no rule has"},
		{string(landlock.CodeUnusedValue), LevelWarning, "policy", "a variable that no parent uses"},
		{string(landlock.CodeDropped), LevelWarning, "policy", "rights that one text of a layer handles and another does not"},
	}
}

// ReadPolicy reads Landlock profile texts from where the caller names them: a
// layer each, outermost first.
func ReadPolicy(file string, further ...string) (*CompiledPolicy, error) {
	p := &CompiledPolicy{Path: file, Mode: ModeLandlock}
	text, err := readPolicyText(file)
	if err != nil {
		return nil, err
	}
	p.Text = text.Text
	for _, file := range further {
		text, err := readPolicyText(file)
		if err != nil {
			return nil, err
		}
		p.Layers = append(p.Layers, CompiledLayer{Texts: []CompiledText{text}})
	}
	return p, nil
}

func readPolicyText(file string) (CompiledText, error) {
	data, err := readGiven(file)
	if err != nil {
		return CompiledText{}, sourceError(file, plainReason(err))
	}
	return CompiledText{Path: file, Text: string(data)}, nil
}

// KernelABI is this host's Landlock ABI; 0 where there is none.
func KernelABI() int {
	abi, err := landlock.ABI()
	if err != nil {
		return 0
	}
	return abi
}

// LintPolicy tells what a Landlock policy says that its author may not mean,
// by file and line. abi is the kernel's that it is for; 0 leaves kernels out of
// it. Parents are looked for on this host. A policy that does not load is an
// error, a *DataError.
func LintPolicy(p *CompiledPolicy, abi int) ([]Finding, error) {
	pol, err := newPolicy(p)
	if err != nil {
		return nil, err
	}
	if _, err := pol.layers(anyFolder); err != nil {
		return nil, err
	}
	list := []Finding{}
	for _, f := range landlock.Lint(pol.stack, valuesOf(anySite), landlock.Host{ABI: abi, Real: realFile}) {
		if f.File == "" { // about the profile
			f.File, f.Line = cmp.Or(p.File, p.Path), p.Line
		}
		list = append(list, Finding{
			Code: string(f.Code), Level: string(f.Level), File: f.File, Line: f.Line, Layer: &f.Layer, Message: f.Msg,
		})
	}
	return list, nil
}

// realFile is a path with every link followed, and whether it is a folder.
func realFile(path string) (real string, dir bool, err error) {
	if real, err = filepath.EvalSymlinks(path); err != nil {
		return "", false, err
	}
	info, err := os.Stat(real)
	if err != nil {
		return "", false, err
	}
	return real, info.IsDir(), nil
}

// LintPolicies lints every Landlock policy of a plan, its preflight's included.
// What several profiles share is told once, with all of them.
func LintPolicies(c *Compiled, abi int) ([]Finding, error) {
	list := []Finding{}
	add := func(profile string, p *CompiledPolicy) error {
		if p.Mode != ModeLandlock {
			return nil
		}
		found, err := LintPolicy(p, abi)
		for _, f := range found {
			i := slices.IndexFunc(list, func(g Finding) bool {
				return g.Code == f.Code && g.File == f.File && g.Line == f.Line && g.Message == f.Message
			})
			if i < 0 {
				i = len(list)
				list = append(list, f)
			}
			if profile != "" {
				list[i].Profiles = append(list[i].Profiles, profile)
			}
		}
		return err
	}
	if c.Preflight != nil {
		if err := add("", c.Preflight); err != nil {
			return nil, err
		}
	}
	for i := range c.Profiles {
		if err := add(c.Profiles[i].ID, &c.Profiles[i].CompiledPolicy); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Code, b.Code))
	})
	return list, nil
}
