package witness

import (
	"fmt"
	"os"
)

// initialPIDs is the initial pid namespace: its number is the same on every
// kernel (PROC_PID_INIT_INO of linux/proc_ns.h, PID_NS_INIT_INO of linux/nsfs.h).
const initialPIDs = "pid:[4026531836]"

// inLoggedNetwork returns nil when the calling thread is in the initial network
// namespace. Readers can be joined in every other as well, but no record goes
// there. The error is an *Unavailable when the thread is known to be in another,
// and some other error when that cannot be known.
func inLoggedNetwork() error {
	const doubt = "whether audit records come to this network namespace is not known"
	ours, err := os.Readlink("/proc/thread-self/ns/net")
	if err != nil {
		return fmt.Errorf("%s: %w", doubt, err)
	}
	// The second process of the initial pid namespace is kthreadd, which nothing
	// can move out of the kernel's own namespaces. The first is a program, which
	// may be elsewhere or not let itself be looked at.
	pids, err := os.Readlink("/proc/thread-self/ns/pid")
	if err != nil {
		return fmt.Errorf("%s: %w", doubt, err)
	}
	if pids != initialPIDs {
		return fmt.Errorf("%s: only in the initial pid namespace can it be compared with the kernel's own", doubt)
	}
	initial, err := os.Readlink("/proc/2/ns/net")
	if err != nil {
		return fmt.Errorf("%s: %w", doubt, err)
	}
	if ours != initial {
		return &Unavailable{Reason: fmt.Sprintf("audit records go to the initial network namespace alone (%s), and this is another (%s): run outside the container, or without \"unshare -n\"", initial, ours)}
	}
	return nil
}
