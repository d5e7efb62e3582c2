// Package sarif writes the findings of lint for code hosts.
package sarif

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	log "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/rtgen/rtgen/harness"
)

// sourceRoot is what code hosts call the root of a checkout.
const sourceRoot = "%SRCROOT%"

// schema is where OASIS keeps the schema of SARIF 2.1.0 for good.
const schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// Write writes findings as a SARIF 2.1.0 log, which code hosts show beside
// the lines they are about. codes say what the findings' codes mean; version is
// the program's. Findings keep their order.
func Write(w io.Writer, findings []harness.Finding, codes []harness.LintCode, version string) error {
	name := "rtgen"
	driver := log.NewToolComponent()
	driver.Name, driver.Version = &name, &version
	run := log.NewRun().WithTool(log.NewTool().WithDriver(driver))
	run.OriginalUriBaseIds = map[string]log.ArtifactLocation{
		sourceRoot: *log.NewArtifactLocation().WithDescription(log.NewTextMessage("The root that paths in plan data start from.")),
	}
	index := map[string]int{}
	addRule := func(rule *log.ReportingDescriptor) {
		index[*rule.ID] = len(driver.Rules)
		driver.Rules = append(driver.Rules, rule)
	}
	for _, code := range codes {
		rule, err := ruleOf(code)
		if err != nil {
			return err
		}
		addRule(rule)
	}
	seen := map[string]int{}
	for i := range findings {
		f := &findings[i]
		if _, known := index[f.Code]; !known {
			addRule(log.NewRule(f.Code))
		}
		result, err := resultOf(f, seen)
		if err != nil {
			return err
		}
		run.AddResult(result.WithRuleIndex(index[f.Code]))
	}
	report := log.NewReport().AddRun(run)
	report.Schema = schema
	if err := report.PrettyWrite(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func ruleOf(code harness.LintCode) (*log.ReportingDescriptor, error) {
	level, err := levelOf(code.Code, code.Level)
	if err != nil {
		return nil, err
	}
	commands := map[string]string{
		"plan": "rtgen plan-lint tells this.", "registry": "rtgen registry-lint tells this.",
		"both": "rtgen plan-lint and rtgen registry-lint tell this.",
	}
	help := sentence(code.Summary)
	if by := commands[code.About]; by != "" {
		help += " " + by
	}
	return log.NewRule(code.Code).
		WithDescription(sentence(code.Summary)).
		WithHelp(log.NewMultiformatMessageString().WithText(help)).
		WithDefaultConfiguration(log.NewReportingConfiguration().WithLevel(level)), nil
}

// levelOf is a level as SARIF calls it, which is what we call it.
func levelOf(code, level string) (string, error) {
	if !slices.Contains([]string{harness.LevelError, harness.LevelWarning, harness.LevelNote}, level) {
		return "", fmt.Errorf("sarif: %s has level %q, which is none", code, level)
	}
	return level, nil
}

// resultOf is a finding; seen counts those of one identity.
func resultOf(f *harness.Finding, seen map[string]int) (*log.Result, error) {
	level, err := levelOf(f.Code, f.Level)
	if err != nil {
		return nil, err
	}
	result := log.NewRuleResult(f.Code).WithLevel(level).WithMessage(log.NewTextMessage(f.Message))
	location := log.NewLocation()
	if f.File != "" {
		place := log.NewPhysicalLocation().WithArtifactLocation(artifactOf(f.File))
		if f.Line > 0 {
			place.WithRegion(log.NewRegion().WithStartLine(f.Line))
		}
		location.WithPhysicalLocation(place)
	}
	if f.ID != "" {
		what := log.NewLogicalLocation().WithName(f.ID)
		if f.Operand != "" {
			what.WithFullyQualifiedName(f.Operand)
		}
		location.AddLogicalLocation(what)
	}
	if f.File != "" || f.ID != "" {
		result.AddLocation(location)
	}
	// Without the line, so that a host follows a finding through edits above
	// it. The message is left out too: it may name lines.
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Code, f.File, f.ID, f.Operand}, "\x00")))
	identity := hex.EncodeToString(sum[:8])
	seen[identity]++
	identity = fmt.Sprintf("%s:%d", identity, seen[identity])
	return result.WithPartialFingerprints(map[string]string{
		"rtgenFinding/v1": identity,
		// The one name that GitHub looks for.
		"primaryLocationLineHash": identity,
	}), nil
}

// artifactOf is where a finding's file is. A file outside the root, and one
// that is part of the program, are not below the source root.
func artifactOf(file string) *log.ArtifactLocation {
	name := filepath.ToSlash(file)
	artifact := log.NewArtifactLocation()
	scheme, rest, found := strings.Cut(name, ":")
	switch {
	case found && scheme == "builtin":
		return artifact.WithURI(scheme + ":" + (&url.URL{Path: rest}).EscapedPath())
	case filepath.IsAbs(file):
		return artifact.WithURI((&url.URL{Scheme: "file", Path: "/" + strings.TrimLeft(name, "/")}).String())
	}
	return artifact.WithURI((&url.URL{Path: name}).String()).WithURIBaseID(sourceRoot)
}

// sentence is a summary as people read it on its own.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
