//go:build darwin || seatbelt_fake

package worker

// envProbeFD makes a process a probe's process: the number of the descriptor that
// it is told on what to do.
const envProbeFD = "RTGEN_PROBE_FD"

// envProbeUnder is set for a probe's process that was started under its policy
// and has nothing left to do but the attempt: the nonce of its answer.
const envProbeUnder = "RTGEN_PROBE_UNDER"

// order is what a worker tells a probe's process. The two take turns: every word
// but the last is answered by an order, and nothing is said before the first.
type order struct {
	Nonce uint64
	// One of these is set in an order that says what to do; none: go on.
	Own    *OwnProcess  `json:",omitempty"`
	Canary *canaryFiles `json:",omitempty"`
}

// word is what a probe's process says, and all that it knows by then.
type word struct {
	Stage  stage
	Answer Answer // its nonce is the order's, or nothing of it is believed
}

// stage is how far a probe's process has come.
type stage string

const (
	stageReady   stage = "ready"   // the policy is in force, or none was to be: the attempt is next
	stageBecomes stage = "becomes" // it becomes another program: Result or Bootstrap are what is to be made of that
	stageUp      stage = "up"      // it is the driver's program now
	stageDone    stage = "done"    // that was all
)
