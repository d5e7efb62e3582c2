package world

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// seccompModes are the values of the Seccomp line; see proc_pid_status(5).
var seccompModes = map[string]string{"0": "disabled", "1": "strict", "2": "filter"}

// ParseStatus reads the text of /proc/thread-self/status; its fields are in
// proc_pid_status(5). Lines it has no use for are skipped. All faults are
// reported together.
func ParseStatus(text string) (Status, error) {
	p := statusParser{fields: map[string]string{}}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if _, twice := p.fields[key]; ok && !twice {
			p.fields[key] = strings.Trim(value, " \t")
		}
	}
	s := Status{
		UID:          p.effectiveID("Uid"),
		GID:          p.effectiveID("Gid"),
		Groups:       p.groups(),
		CapEffective: p.caps("CapEff"),
		CapBounding:  p.caps("CapBnd"),
		NoNewPrivs:   p.flag("NoNewPrivs"),
		SeccompMode:  p.seccompMode(),
	}
	if text, ok := p.fields["Seccomp_filters"]; ok {
		n := p.number("Seccomp_filters", text)
		s.SeccompFilters = &n
	}
	if len(p.faults) > 0 {
		return Status{}, errors.Join(p.faults...)
	}
	return s, nil
}

type statusParser struct {
	fields map[string]string
	faults []error
}

func (p *statusParser) faultf(format string, args ...any) {
	p.faults = append(p.faults, fmt.Errorf(format, args...))
}

func (p *statusParser) need(key string) string {
	text, ok := p.fields[key]
	if !ok {
		p.faultf("status has no %s line", key)
	}
	return text
}

// number reads what the kernel prints for an unsigned 32-bit value.
func (p *statusParser) number(key, text string) int {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		p.faultf("status line %s: %q is no number", key, text)
	}
	return int(n)
}

// effectiveID reads the second of the real, effective, saved and file-system
// ids.
func (p *statusParser) effectiveID(key string) int {
	if _, ok := p.fields[key]; !ok {
		p.need(key)
		return 0
	}
	ids := strings.Fields(p.fields[key])
	if len(ids) != 4 {
		p.faultf("status line %s: %d ids, want 4", key, len(ids))
		return 0
	}
	return p.number(key, ids[1])
}

func (p *statusParser) groups() []int {
	groups := []int{}
	for _, text := range strings.Fields(p.need("Groups")) {
		groups = append(groups, p.number("Groups", text))
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

func (p *statusParser) caps(key string) string {
	text, ok := p.fields[key]
	if !ok {
		return p.need(key)
	}
	if _, err := strconv.ParseUint(text, 16, 64); err != nil || len(text) != 16 || strings.ToLower(text) != text {
		p.faultf("status line %s: %q is not 16 hex digits", key, text)
	}
	return text
}

func (p *statusParser) flag(key string) bool {
	text, ok := p.fields[key]
	if !ok {
		p.need(key)
	} else if text != "0" && text != "1" {
		p.faultf("status line %s: %q is neither 0 nor 1", key, text)
	}
	return text == "1"
}

func (p *statusParser) seccompMode() string {
	text, ok := p.fields["Seccomp"]
	if !ok {
		return "absent"
	}
	mode, ok := seccompModes[text]
	if !ok {
		p.faultf("status line Seccomp: %q is no mode", text)
	}
	return mode
}
