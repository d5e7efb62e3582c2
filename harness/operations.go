package harness

import (
	"slices"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// OperationWay is one way in which a probe can attempt an operation: a value of
// its "syscall" field.
type OperationWay struct {
	Operation string   `json:"operation"`
	OpID      int      `json:"op_id"`   // of the operation, in the vocabulary of Linux
	Aliases   []string `json:"aliases"` // Seatbelt's names for the operation
	Summary   string   `json:"summary"` // of the operation
	Syscall   string   `json:"syscall"`
	Default   bool     `json:"default"`            // what a probe without "syscall" attempts
	Calls     string   `json:"calls"`              // the system calls it makes
	Target    string   `json:"target"`             // what the target names: "path", "address", "name", "process" or "text"
	Keywords  []string `json:"keywords,omitempty"` // what the target must be one of
	TwoPaths  bool     `json:"needs_source"`       // the fixture's source is the other path
	Fixture   string   `json:"fixture,omitempty"`  // what must stand ready
	Denied    []string `json:"denied_errno"`       // with what Landlock denies it; empty: it does not mediate it
	Rights    []string `json:"rights,omitempty"`   // that it may be denied for, as the audit log names them
	Mutates   bool     `json:"mutates"`            // an allowed attempt changes something that lasts
	Note      string   `json:"note,omitempty"`
}

// Operations lists every way to attempt every operation this build knows, sorted
// by operation, the default way first.
func Operations() []OperationWay {
	var ways []OperationWay
	ids := vocabulary(contract.Linux)
	for _, o := range op.All() {
		id, _ := ids.ID(o.Name)
		for i := range o.Variants {
			v := &o.Variants[i]
			w := OperationWay{
				Operation: o.Name, OpID: id, Aliases: append([]string{}, o.Aliases...), Summary: o.Summary,
				Syscall: v.Name, Default: i == 0, Calls: v.Calls, Target: v.Target.String(), Keywords: slices.Clone(v.Keywords),
				TwoPaths: v.TwoPaths, Fixture: v.Fixture, Denied: []string{}, Rights: slices.Clone(v.Rights), Mutates: v.Mutates, Note: v.Note,
			}
			if len(w.Rights) == 0 {
				w.Rights = op.Intended(&o, v)
			}
			for _, e := range v.Denied {
				w.Denied = append(w.Denied, op.ErrnoName(int(e)))
			}
			ways = append(ways, w)
		}
	}
	return ways
}

// SeatbeltWay is one way in which a probe under a Seatbelt profile can attempt
// an operation of macOS: a value of its "driver", and with it one of "syscall".
type SeatbeltWay struct {
	Operation string   `json:"operation"`
	OpID      int      `json:"op_id"` // of the operation, in the vocabulary of macOS
	Aliases   []string `json:"aliases"`
	Summary   string   `json:"summary"` // of the operation
	Driver    string   `json:"driver"`  // empty: the probe names none
	Syscall   string   `json:"syscall"`
	Default   bool     `json:"default"`                // what a probe without "driver" and "syscall" attempts, or would if it may
	Target    string   `json:"target"`                 // what the target names
	Payloads  []string `json:"attr_payload,omitempty"` // values of the probe's "attr_payload", the default first
	Mutates   bool     `json:"mutates"`                // an allowed attempt changes something that lasts
}

// SeatbeltOperations lists every way to attempt every operation of macOS that a
// probe can name, sorted by operation, the way to choose first. Any operation
// that the system knows can also be asked about with driver sandbox_check_probe.
func SeatbeltOperations() []SeatbeltWay {
	var ways []SeatbeltWay
	ids := vocabulary(contract.Darwin)
	for _, o := range seatbelt.All() {
		id, _ := ids.ID(o.Name)
		first := true
		for _, d := range o.Drivers {
			for _, s := range d.Syscalls {
				ways = append(ways, SeatbeltWay{
					Operation: o.Name, OpID: id, Aliases: append([]string{}, o.Aliases...), Summary: o.Summary, Driver: d.Name, Syscall: s.Name,
					Default: first, Target: o.TargetOf(&s).String(), Payloads: slices.Clone(s.Payloads), Mutates: s.Mutates,
				})
				first = false
			}
		}
	}
	return ways
}

// vocabulary is a built-in vocabulary. It has every operation of its system's
// table; tests hold the two together.
func vocabulary(system contract.System) *analysis.Vocabulary {
	v, err := analysis.SystemVocabulary(system)
	if err != nil {
		panic("bug: " + err.Error())
	}
	return v
}
