package seatbelt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// Attempt is what a probe says of the attempt it wants made. Empty means that
// the probe leaves the key out.
type Attempt struct {
	Operation   string
	Target      string
	Driver      string
	Syscall     string
	AttrPayload string
	FilterName  string
	FilterType  *int
	// DenyDefault says that the policy denies what it does not name, and that
	// the attempt is made under it.
	DenyDefault bool
}

// Fault is one thing that keeps an attempt from being made as it is written.
type Fault struct {
	Code string // one of the constants
	Msg  string // one line, with the fix
}

// The codes of faults.
const (
	CodeUnknownOperation = "unknown-operation"
	CodeUnknownDriver    = "unknown-driver"
	CodeDriverRequired   = "driver-required"
	CodeMachInProcess    = "mach-needs-inprocess-driver"
	CodeUnknownSyscall   = "unknown-syscall"
	CodeUnknownPayload   = "unknown-payload"
	CodeBadTarget        = "bad-target"
	CodeUnsafeTarget     = "unsafe-target"
	CodeUnknownFilter    = "unknown-filter"
	CodeFilterRequired   = "filter-required"
)

// Check tells everything for which the attempt would be refused when it is run,
// or worse, would do something else than its operation says and pass for it.
func Check(a Attempt) []Fault {
	c := checker{Attempt: a}
	filter := c.filter()
	if a.Driver == CheckDriver {
		c.question(filter)
	} else {
		c.attempt()
	}
	if a.DenyDefault && a.Operation == "mach-lookup" && a.Driver != MachInProcessDriver {
		c.fault(CodeMachInProcess, "a policy that denies by default keeps the program of any other driver from starting; use driver %s", MachInProcessDriver)
	}
	return c.faults
}

type checker struct {
	Attempt
	faults []Fault
}

func (c *checker) fault(code, format string, args ...any) {
	c.faults = append(c.faults, Fault{code, fmt.Sprintf(format, args...)})
}

// attempt checks what is not asked of sandbox_check but really tried.
func (c *checker) attempt() {
	o, ok := Lookup(c.Operation)
	if !ok {
		c.notAttemptable()
		return
	}
	d, ok := o.Driver(c.Driver)
	if !ok {
		c.driver(o)
		return
	}
	s, ok := d.Syscall(c.Syscall)
	if !ok {
		c.fault(CodeUnknownSyscall, "%s has no syscall %q%s; use %s", c.made(o, d), c.Syscall, meant(c.Syscall, d.SyscallNames()), anyOf(d.SyscallNames()))
		return
	}
	c.payload(s)
	if text := checkTarget(o, s, c.Target); text != "" {
		c.fault(CodeBadTarget, "%s %s", o.Name, text)
	} else if text := checkSafe(o, s, c.Target); text != "" {
		c.fault(CodeUnsafeTarget, "%s by %s %s", o.Name, s.Name, text)
	}
}

// notAttemptable is about an operation that no driver but CheckDriver knows.
func (c *checker) notAttemptable() {
	switch {
	case !c.known():
	case c.Driver == "":
		c.fault(CodeDriverRequired, "no probe can attempt %s; ask about it with driver %s", c.Operation, CheckDriver)
	default:
		c.fault(CodeUnknownDriver, "no driver attempts %s%s; ask about it with driver %s", c.Operation, c.driverMeant(nil), CheckDriver)
	}
}

// known says a fault about an operation that sandbox_check cannot be asked about.
func (c *checker) known() bool {
	instead, older := profileNames[c.Operation]
	switch {
	case c.Operation == "default" || c.Operation == "default-message-filter":
		c.fault(CodeUnknownOperation, "%s stands for what no rule names and is done by nothing; name an operation", c.Operation)
	case kernelKnows[c.Operation]:
		return true
	case older && instead != "":
		c.fault(CodeUnknownOperation, "%s is a name for profiles alone, and sandbox_check does not know it; use %s", c.Operation, instead)
	case older:
		c.fault(CodeUnknownOperation, "%s means nothing since macOS 10.15; name another operation", c.Operation)
	default:
		fix := "name a Seatbelt operation, such as file-read*"
		if near := Nearest(c.Operation); near != "" {
			fix = fmt.Sprintf("did you mean %q?", near)
		}
		c.fault(CodeUnknownOperation, "unknown operation %q; %s", c.Operation, fix)
	}
	return false
}

// driver says what is wrong with the driver of a probe that names none, or none
// that the operation has.
func (c *checker) driver(o *Operation) {
	have := o.DriverNames()
	switch {
	case c.Driver == "":
		c.fault(CodeDriverRequired, "%s needs a driver; use %s", o.Name, anyOf(have))
	case o.NeedsDriver():
		c.fault(CodeUnknownDriver, "%s has no driver %q%s; use %s", o.Name, c.Driver, c.driverMeant(have), anyOf(have))
	case len(have) == 0:
		c.fault(CodeUnknownDriver, "%s has no driver %q%s; leave the driver out", o.Name, c.Driver, c.driverMeant(nil))
	default:
		c.fault(CodeUnknownDriver, "%s has no driver %q%s; leave the driver out or use %s", o.Name, c.Driver, c.driverMeant(have), anyOf(have))
	}
}

func (c *checker) driverMeant(have []string) string {
	return meant(c.Driver, append(slices.Clone(have), CheckDriver))
}

// made names an operation as the driver attempts it.
func (c *checker) made(o *Operation, d *Driver) string {
	if d.Name == "" {
		return o.Name
	}
	return o.Name + " by " + d.Name
}

func (c *checker) payload(s *Syscall) {
	switch {
	case c.AttrPayload == "" || slices.Contains(s.Payloads, c.AttrPayload):
	case len(s.Payloads) == 0:
		c.fault(CodeUnknownPayload, "%s takes no attr_payload, and would be attempted without %q; drop it", s.Name, c.AttrPayload)
	default:
		c.fault(CodeUnknownPayload, "%s has no attr_payload %q%s; use %s", s.Name, c.AttrPayload, meant(c.AttrPayload, s.Payloads), anyOf(s.Payloads))
	}
}

// question checks what sandbox_check is asked.
func (c *checker) question(filter string) {
	if !c.known() {
		return
	}
	const call = "sandbox_check"
	if c.Syscall != "" && c.Syscall != call {
		c.fault(CodeUnknownSyscall, "driver %s makes no syscall %q, it asks; drop the syscall", CheckDriver, c.Syscall)
	}
	if c.AttrPayload != "" {
		c.fault(CodeUnknownPayload, "driver %s takes no attr_payload; drop it", CheckDriver)
	}
	switch filters := Filters(c.Operation); {
	case filter == "" && len(filters) > 0 && c.FilterName == "" && c.FilterType == nil:
		c.fault(CodeFilterRequired, "sandbox_check would be asked about %s without its target; add filter_name %s", c.Operation, anyOf(filters))
	case filter == "path":
		if text := checkPath(c.Target); text != "" {
			c.fault(CodeBadTarget, "%s %s", c.Operation, text)
		}
	case filter != "":
		if text := checkName(c.Target, "a "+filter); text != "" {
			c.fault(CodeBadTarget, "%s %s", c.Operation, text)
		}
	}
}

// filter gives the filter that sandbox_check is asked with, "" for none, and
// says what is wrong with the name and the number the probe gives for it.
func (c *checker) filter() string {
	name := c.FilterName
	if name != "" && !slices.Contains(filterNames, name) {
		c.fault(CodeUnknownFilter, "unknown filter_name %q%s; use one such as path or global-name", name, meant(name, filterNames))
		return ""
	}
	if c.FilterType != nil {
		numbered, ok := FilterName(*c.FilterType)
		switch {
		case !ok && *c.FilterType != noFilter:
			c.fault(CodeUnknownFilter, "sandbox_check takes no text for filter_type %d; drop it and give a filter_name", *c.FilterType)
			return ""
		case name != "" && name != numbered:
			c.fault(CodeUnknownFilter, "filter_type %d is %s to sandbox_check, but filter_name is %s; drop filter_type", *c.FilterType, cmp.Or(numbered, "no filter"), name)
			return ""
		}
		name = numbered
	} else if name == "" {
		name, _ = UsualFilter(c.Operation)
		return name
	}
	return c.taken(name)
}

// taken gives the filter back if sandbox_check takes it about the operation.
func (c *checker) taken(filter string) string {
	filters := Filters(c.Operation)
	fix := "drop it"
	if len(filters) > 0 {
		fix = "use filter_name " + anyOf(filters)
	}
	_, askable := FilterID(filter)
	switch {
	case filter == "" || slices.Contains(filters, filter) || !Known(c.Operation):
		return filter
	case askable:
		c.fault(CodeUnknownFilter, "sandbox_check does not take %s about %s; %s", filter, c.Operation, fix)
	case c.Driver == CheckDriver:
		c.fault(CodeUnknownFilter, "sandbox_check cannot be asked with filter_name %s; %s", filter, fix)
	}
	return ""
}

// meant is the part of a message that guesses what a word was meant to be.
func meant(word string, known []string) string { return nearest.Meant(nearest.Word(word, known)) }

// anyOf lists words one of which is to be chosen: "a", "a or b", "a, b or c".
func anyOf(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
