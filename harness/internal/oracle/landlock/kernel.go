package landlock

import (
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Version is what one ABI of Landlock brought. The rights, scopes and flags of
// an ABI are the engine's: [sandbox.AllFS] and its like.
type Version struct {
	ABI   int
	Linux string // the release that had it first
	does  brought
	// Behaviour says what else changed, in half a sentence.
	Behaviour string
	// Beyond are variants, such as "syscall.bind udp", that the ABI has a right
	// for which the engine cannot name: what it does to them is known from its
	// documentation alone, and no answer.
	Beyond []string
}

// brought is what a kernel does from some ABI on, besides knowing its rights.
type brought uint8

const (
	// referByRule: a rule may grant refer. Before, nothing is moved or linked
	// from one directory into another, whatever the rules say.
	referByRule brought = 1 << iota
	// records: a denial has a record in the audit log.
	records
	// perfmonLooks: CAP_PERFMON opens the memory of a process before Landlock
	// has a say (may_access_mm of kernel/fork.c), which is the kernel's doing;
	// that kernels with this ABI have it is known.
	perfmonLooks
)

// Versions are the ABIs that the model knows, oldest first. Up to MeasuredABI a
// kernel was asked.
var Versions = []Version{
	{ABI: 1, Linux: "5.13", Behaviour: "ptrace and changes of the mount table are denied without a right of their own"},
	{ABI: 2, Linux: "5.19", does: referByRule, Behaviour: "rules can grant to move and link between directories, which was always denied"},
	{ABI: 3, Linux: "6.2", Behaviour: "truncation is judged, and sticks to the descriptor that was opened"},
	{ABI: 4, Linux: "6.7", Behaviour: "TCP ports are judged; a layer need not handle rights of files, and mounts are free under such layers alone"},
	{ABI: 5, Linux: "6.10", Behaviour: "commands to devices are judged, and the right sticks to the descriptor that was opened"},
	{ABI: 6, Linux: "6.12", Behaviour: "signals and abstract unix sockets can be kept inside the domain"},
	{ABI: 7, Linux: "6.15", does: records | perfmonLooks, Behaviour: "denials have records in the audit log, which flags keep out of it"},
	{ABI: 8, Linux: "7.0", Behaviour: "a flag restricts all threads of a process at once, which no layer may ask for"},
	{ABI: 9, Linux: "7.1", Behaviour: "fs.resolve_unix: connections to unix sockets by path", Beyond: []string{"syscall.connect unix", "syscall.sendto unix"}},
	{ABI: 10, Linux: "7.2", Behaviour: "rights of UDP ports", Beyond: []string{"syscall.bind udp", "syscall.connect udp", "syscall.sendto udp"}},
}

// MeasuredABI is the newest ABI that the model was held against a kernel with.
const MeasuredABI = 7

// Erratum is a fault of Landlock that kernels of one ABI may have or have
// fixed: the bit Number-1 of what LANDLOCK_CREATE_RULESET_ERRATA answers.
type Erratum struct {
	Number int
	ABI    int // the oldest that has what it mends
	Fixed  string
	// Turns are the operations whose answer may turn on it.
	Turns []string
	// Measured says that the model was held against a kernel that fixed it. What
	// a fix does that was not is no answer.
	Measured bool
}

// The errata that the model asks for, as bits.
const (
	erratumTCP      = 1 << 0
	erratumSignal   = 1 << 1
	erratumWhiteout = 1 << 3
)

// Errata are those that the model knows
// (Documentation/userspace-api/landlock.rst).
var Errata = []Erratum{
	{Number: 1, ABI: 4, Measured: true, Fixed: "the TCP rights are about TCP sockets alone, and no longer about every stream socket",
		Turns: []string{"syscall.bind", "syscall.connect"}},
	{Number: 2, ABI: 6, Measured: true, Fixed: "threads of one process may always signal each other",
		Turns: []string{"scope.signal"}},
	// No path from the root leads through such a directory.
	{Number: 3, ABI: 1, Measured: true, Fixed: "a directory that was moved out of its bind mount has the rights of both hierarchies"},
	{Number: 4, ABI: 1, Fixed: "making a whiteout, the device 0:0, asks for fs.make_reg in place of fs.make_char",
		Turns: []string{"fs.make_char", "fs.refer", "syscall.link", "syscall.rename"}},
}

// kernel is what a question says of the kernel it is about.
type kernel struct {
	abi    int
	errata int
	does   brought
}

// newKernel reads a Question's ABI and Errata; 0 stands for the newest ABI that
// was measured.
func newKernel(abi, errata int) kernel {
	if abi == 0 {
		abi, errata = MeasuredABI, 0
		for _, e := range Errata {
			if e.Measured {
				errata |= 1 << (e.Number - 1)
			}
		}
	}
	k := kernel{abi: abi, errata: errata}
	for _, v := range Versions {
		if v.ABI <= abi {
			k.does |= v.does
		}
	}
	return k
}

func (k kernel) has(b brought) bool { return k.does&b != 0 }

// fixed says whether the kernel says so of an erratum.
func (k kernel) fixed(bit int) bool { return k.errata&bit != 0 }

// known refuses what is newer than the model: it may decide otherwise.
func (k kernel) known() error {
	newest := Versions[len(Versions)-1].ABI
	if k.abi > newest {
		return unknowable("Landlock ABI %d is newer than the model, which knows of %d", k.abi, newest)
	}
	if more := k.errata &^ (1<<len(Errata) - 1); more != 0 {
		return unknowable("the kernel fixed errata that the model does not know of: mask %#x", more)
	}
	return nil
}

// beyond says why what the kernel does to a variant is no answer: an ABI that
// was not measured has a right for it.
func (k kernel) beyond(operation, variant string) error {
	if k.abi <= MeasuredABI {
		return nil
	}
	for _, v := range Versions {
		if v.ABI > k.abi {
			break
		}
		for _, name := range v.Beyond {
			if name == operation+" "+variant {
				return unknowable("Landlock ABI %d has a right for it, which the model does not know: %s", v.ABI, v.Behaviour)
			}
		}
	}
	return nil
}

// whiteout says why the right to make a device cannot be told: whether it is
// the one that erratum 4 is about is not known of a node, and how the kernel
// judges since was not measured.
func (d *domain) whiteout(kinds ...Kind) error {
	if !d.kernel.fixed(erratumWhiteout) || d.free(sandbox.MakeChar|sandbox.MakeReg) {
		return nil
	}
	for _, k := range kinds {
		if k == Char {
			return unknowable("the kernel says that erratum 4 is fixed: a device 0:0 may need fs.make_reg in place of fs.make_char")
		}
	}
	return nil
}
