package seatbelt

import (
	"slices"
	"strings"
)

// CheckDriver is the driver that makes no attempt: it asks sandbox_check about
// an operation. It fits every operation that the kernel knows by name.
const CheckDriver = "sandbox_check_probe"

// Operation is one operation that a probe can attempt.
type Operation struct {
	Name    string
	Aliases []string // other names that a probe may call it by
	Summary string   // one line for a reader
	Target  TargetKind
	Drivers []Driver // what makes the attempt; the first is what to choose when nothing speaks for another
}

// Driver is one means of making the attempt: a value of a probe's "driver".
type Driver struct {
	Name     string    // "" stands for the probe that names no driver
	Syscalls []Syscall // the calls it can make; the first is the default
	// Program says that the driver is a program that is started under the policy:
	// the process that applied it becomes this very executable, which attempts.
	Program bool
}

// Syscall is one call a driver can make: a value of a probe's "syscall".
type Syscall struct {
	Name     string
	Payloads []string   // values of a probe's "attr_payload", the default first; empty: it takes none
	RootRel  bool       // the target is relative to "/", which is opened before the policy applies
	Leaf     bool       // the last component of the target is opened by itself, in its folder
	Mutates  bool       // when allowed it creates or changes something that lasts
	Target   TargetKind // where it is not the operation's; TargetNone: it is
}

// TargetKind is what the target of an operation names.
type TargetKind int

// The kinds of target.
const (
	TargetNone    TargetKind = iota // nothing: the attempt is the same whatever it says
	TargetPath                      // a path from "/"
	TargetService                   // a Mach service by its bootstrap name
	TargetClass                     // an IOKit class
	TargetName                      // a name that the operation's own namespace gives a meaning
	TargetShm                       // a POSIX shared memory object
	TargetProcess                   // "self" or a process id in decimal
	TargetSignal                    // "self", or one of "child" and "same-sandbox" for a child of the probe
	TargetAddr                      // an address and a port
	TargetDomain                    // a preference domain
)

// String names the kind for a listing: "path", "service", "address", …
func (k TargetKind) String() string {
	return [...]string{"none", "path", "service", "class", "name", "shared memory", "process", "signalled process", "address", "preference domain"}[k]
}

// index finds an operation by its name and by each of its aliases.
var index = func() map[string]*Operation {
	m := make(map[string]*Operation)
	for i := range table {
		for _, name := range append([]string{table[i].Name}, table[i].Aliases...) {
			if _, taken := m[name]; taken {
				panic("bug: seatbelt operations: two are called " + name)
			}
			m[name] = &table[i]
		}
	}
	return m
}()

// Lookup returns the operation that a probe can attempt under that name. The
// Operation is shared: do not change it.
func Lookup(name string) (*Operation, bool) {
	o, ok := index[name]
	return o, ok
}

// All returns every operation that a probe can attempt, sorted by name.
func All() []Operation { return slices.Clone(table) }

// Driver returns the driver with that name; "" means that the probe names none,
// and is found only where an attempt can be made so.
func (o *Operation) Driver(name string) (*Driver, bool) {
	i := slices.IndexFunc(o.Drivers, func(d Driver) bool { return d.Name == name })
	if i < 0 {
		return nil, false
	}
	return &o.Drivers[i], true
}

// StartsProgram reports whether the driver makes attempts at the operation as a
// program that is started under the policy.
func StartsProgram(operation, driver string) bool {
	o, ok := Lookup(operation)
	if !ok {
		return false
	}
	d, ok := o.Driver(driver)
	return ok && d.Program
}

// NeedsDriver reports whether a probe of the operation must name a driver.
func (o *Operation) NeedsDriver() bool {
	_, ok := o.Driver("")
	return !ok
}

// DriverNames returns the names of the operation's drivers, CheckDriver not
// among them.
func (o *Operation) DriverNames() []string {
	var names []string
	for _, d := range o.Drivers {
		if d.Name != "" {
			names = append(names, d.Name)
		}
	}
	return names
}

// TargetOf is what the target of the operation names when attempted by that call.
func (o *Operation) TargetOf(s *Syscall) TargetKind {
	if s.Target != TargetNone {
		return s.Target
	}
	return o.Target
}

// Syscall returns the call with that name; "" means the default.
func (d *Driver) Syscall(name string) (*Syscall, bool) {
	if name == "" {
		return &d.Syscalls[0], true
	}
	i := slices.IndexFunc(d.Syscalls, func(s Syscall) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	return &d.Syscalls[i], true
}

// SyscallNames returns the names of the calls, the default first.
func (d *Driver) SyscallNames() []string {
	names := make([]string, len(d.Syscalls))
	for i, s := range d.Syscalls {
		names[i] = s.Name
	}
	return names
}

// table is sorted by name.
var table = slices.SortedFunc(
	slices.Values(slices.Concat(fileTable, ipcTable, preferenceTable, processTable, netTable)),
	func(a, b Operation) int { return strings.Compare(a.Name, b.Name) })
