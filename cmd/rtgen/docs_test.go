package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	// A command ends where a shell would end it.
	rtgenCommand = regexp.MustCompile(`\brtgen ([a-z][a-z-]*)([^|#;&>)]*)`)
	makeTarget   = regexp.MustCompile(`^\s*(?:\$ )?make ([a-z][a-z-]*)`)
	longFlag     = regexp.MustCompile(`(?:^|[\s\[{])(--[a-z][a-z0-9-]*)`)
)

// pages are what people are told to type from.
func pages(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("pages %q, %v", pages, err)
	}
	return append(pages, "../../README.md")
}

// code is what a page shows as code: blocks, fenced and indented, and spans.
func code(page string) (lines []string) {
	fenced := false
	for line := range strings.Lines(page) {
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case fenced || strings.HasPrefix(line, "    "):
			lines = append(lines, line)
		default:
			for _, span := range codeSpan.FindAllStringSubmatch(line, -1) {
				lines = append(lines, span[1])
			}
		}
	}
	return lines
}

// Every command, flag and make target that a page shows is there.
func TestPagesShowWhatThereIs(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages(t) {
		t.Run(filepath.Base(page), func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			shown := 0
			for _, line := range code(string(text)) {
				for _, m := range rtgenCommand.FindAllStringSubmatch(line, -1) {
					shown++
					for _, fault := range commandFaults(m[1], m[2]) {
						t.Errorf("%q: %s", strings.TrimSpace(line), fault)
					}
				}
				for _, m := range makeTarget.FindAllStringSubmatch(line, -1) {
					shown++
					if !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
						t.Errorf("%q: the Makefile has no target %s", strings.TrimSpace(line), m[1])
					}
				}
			}
			if shown == 0 {
				t.Error("no command was found: the page is read wrongly")
			}
		})
	}
}

// commandFaults says what of a command is not there.
func commandFaults(name, rest string) (faults []string) {
	root := newRootCommand(nil)
	cmd, _, err := root.Find([]string{name})
	if err != nil || cmd == root {
		return []string{"there is no command " + name}
	}
	for _, m := range longFlag.FindAllStringSubmatch(rest, -1) {
		flag := strings.TrimPrefix(m[1], "--")
		if cmd.Flag(flag) == nil && flag != "help" {
			faults = append(faults, name+" has no flag "+m[1])
		}
	}
	return faults
}

func TestCommandFaults(t *testing.T) {
	for line, want := range map[string][]string{
		"run --plan P --channel clean":            nil,
		"run --root DIR [--json] {--plan FILE}":   nil,
		"run --help":                              nil,
		"run --chanel clean":                      {"run has no flag --chanel"},
		"ran --plan P":                            {"there is no command ran"},
		"emit-promotion --require-promotable --x": {"emit-promotion has no flag --x"},
	} {
		name, rest, _ := strings.Cut(line, " ")
		if got := commandFaults(name, " "+rest); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
