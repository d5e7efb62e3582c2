package landlock

import "errors"

// Report says how far Apply came.
type Report struct {
	API     string   // the last system call made, e.g. "landlock_restrict_self"
	Errno   int      // that call's errno, 0 when it succeeded
	Layers  int      // layers enforced on the calling thread
	Skipped []string // optional parents that do not exist here
}

var errNoLayers = errors.New("no layer to apply: the policy is empty")

// ABI asks the kernel for its Landlock ABI version. The error is [ErrAbsent]
// or [ErrDisabled] where the host has no Landlock to use.
func ABI() (int, error) { return abiVersion() }

// Errata asks the kernel for the mask of Landlock errata it has fixed. Kernels
// before 6.15 do not say: [ErrNoErrata].
func Errata() (int, error) { return errataMask() }

// Apply stacks layers, outermost first, on the calling thread and no other,
// and sets its no_new_privs. The caller's goroutine must be locked to its
// thread and must end without unlocking it, best by way of [Throwaway]:
// neither can be undone, and a thread given back to the Go runtime would
// carry the policy to whatever goroutine runs there next.
//
// Every ruleset is built before the first is enforced, so a fault of the
// profile ([ABIError], [ParentError]) leaves the thread as it was. After an
// error with Report.Layers above zero the thread is restricted by that many.
//
// A rule on a parent that is no directory grants those of its rights that a
// file can have ([AccessFile]); the kernel refuses the others with EINVAL, and
// the landlockconfig reference library masks them the same way. A rule that
// has none left is a ParentError.
func Apply(layers []Ruleset) (Report, error) {
	h, rep, err := Hold(layers, "")
	if err != nil {
		return rep, err
	}
	defer h.Close()
	return h.Apply("", Options{})
}

// Layers counts the Landlock layers this process was born under, by stacking
// more on a thread made for it until the kernel's limit: there is no call that
// asks. The calling thread is not touched and not counted, only what every new
// thread inherits.
func Layers() (n int, err error) {
	Throwaway(func() { n, err = layersHere() })
	return n, err
}
