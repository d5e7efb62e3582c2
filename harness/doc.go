// Package harness puts sandbox policies to the test: it really applies a
// policy, really attempts an operation, and keeps what was observed as
// evidence that can be verified later.
//
// Most callers need six functions. [LoadPlan] reads what should hold,
// [Compile] resolves it with its registry and policy texts, and [RunPlan]
// observes every scenario and commits a bundle. [LoadBundle] opens a committed
// bundle and refuses one that does not verify, [ValidateBundle] lists what is
// wrong with it, and [EmitPromotionPacket] writes the one file that consumers
// read. To run scenarios as Ginkgo specs instead, see package specs.
//
// # Plan data
//
// A plan and everything it names are files that people write. They are read
// strictly: unknown keys, keys or ids that stand twice, wrong types and data
// after the document are faults, and all faults of a file are reported at once
// in a [DataError], each with its line, the id it is about, and the fix. Where
// the files are found is up to a [Source], whose zero value works. It lists and
// lints what there is, and builds plans from templates, without running anything.
//
// # Predictions
//
// An [Oracle] answers what a policy decides about one operation, with the rule
// that does, from models of Landlock and of macOS's Seatbelt. It attempts
// nothing and works on every system; what it says is never evidence.
//
// # Words
//
//   - Plan: the profiles of a registry to put to the test, and in which lanes.
//   - Registry: profiles and probes by id.
//   - Profile: a policy that a worker puts on itself, and the probes to try it with.
//   - Probe: one attempted operation, with the decision expected of the policy.
//   - Scenario: a profile with one of its probes. Its id is the expectation id.
//   - Template: what a plan with its registry and texts is built from.
//   - Finding: one thing that lint has to say of plan data, under a code that
//     keeps its meaning.
//   - Lane: the stream of evidence a result belongs to. In baseline the attempt
//     is made without the policy, in scenario under it; in oracle a model
//     predicts the decision and nothing is attempted. Lanes are never merged.
//   - Channel: how the worker came to life. A clean one is verified to be
//     unconfined before any policy is applied.
//   - World: the identity of the host: its system, kernel, architecture and
//     policy engine. Evidence speaks for the world it was made in.
//   - Worker: the process that has probes attempted, under Landlock on a thread of
//     its own, under Seatbelt by a process that it starts for each. What carries
//     the policy is that thread or process; the process that runs the specs never
//     does.
//   - Observation: the result of one scenario in one lane. What was not
//     observed has no decision.
//   - Witness: the kernel's own record of a denial.
//   - Bundle: the folder of one run, committed when its index exists.
//   - Index: the digests of a bundle's files.
//   - Packet: the file that says whether a bundle may be relied on, and why not
//     when it may not.
//   - Receipt: the record of which packets a consumer took and which it refused.
package harness
