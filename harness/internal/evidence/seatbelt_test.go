package evidence_test

import (
	"encoding/json"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

const macWorld = "fakeos-14.4.1-23E224-arm64-dyld-00000000"

// macRun is testRun on macOS, under a profile that was prepared and looked at.
func macRun(probes ...evidence.MatrixProbe) evidence.Run {
	run := testRun(probes...)
	run.WorldID, run.Channel = macWorld, "launchd_clean"
	p := &run.Matrix.Profiles[0]
	p.Path, p.Mode = "profiles/rw.sb", "sbpl"
	run.Prepared = map[string]evidence.Prepared{p.ID: {
		Path: "out/run-1/runtime_profiles/rw.demo_rw.runtime.sb", Gate: gate("no_known_apply_gate_signature", "null", "[]"),
	}}
	return run
}

func gate(classification, signature, findings string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"tool":"rtgen","preflight_schema_version":1,"world_id":%q,"input_kind":"sbpl_path","input_ref":"profiles/rw.sb",`+
		`"classification":%q,"signature":%s,"findings":%s}`, macWorld, classification, signature, findings))
}

func macProbe(id, operation, target string, expected evidence.Decision) evidence.MatrixProbe {
	return evidence.MatrixProbe{Name: id, Operation: operation, Target: target, Expected: expected, ExpectationID: "demo:rw:" + id}
}

// sandboxed is a policy that Seatbelt took.
func sandboxed(o *evidence.Observation) {
	o.Apply = &evidence.ApplyReport{API: "sandbox_init", ErrClass: "ok"}
	o.WorkerPID = 41
}

// call is a call of macOS that answered.
func call(name, text string) func(*evidence.Observation) {
	return func(o *evidence.Observation) {
		o.Syscall, o.Call, o.WorkerPID = name, text, 41
		o.Started, o.Finished = 1767459284.25, 1767459284.75
	}
}

func gave(kind string, value int64, name string) func(*evidence.Observation) {
	return func(o *evidence.Observation) { o.Return = &artifact.Return{Kind: kind, Value: value, Name: name} }
}

func details(text string) func(*evidence.Observation) {
	return func(o *evidence.Observation) { o.Details = json.RawMessage(text) }
}

// onFile is an attempt on a path, of which the plan has variables.
func onFile(path string) func(*evidence.Observation) {
	return func(o *evidence.Observation) {
		call("open", fmt.Sprintf("open(%q, O_RDONLY|O_CLOEXEC)", path))(o)
		o.RequestedPath = path
	}
}

// holding is the descriptor that an attempt had.
func holding(path, noFirmlink string) func(*evidence.Observation) {
	return func(o *evidence.Observation) {
		o.ObservedPath, o.NoFirmlink = path, noFirmlink
		o.File = &evidence.File{Type: "file", Dev: 16777234, Ino: 9988082, Mount: "/System/Volumes/Data", FSType: "apfs", FSID: [2]int32{16777234, 26}}
	}
}

// looked is what was seen of a path before the policy.
func looked(path string) func(*evidence.Observation) {
	return func(o *evidence.Observation) {
		o.Sight = &evidence.Sight{Path: path, File: &evidence.File{Type: "file", Dev: 16777234, Ino: 9988082, Mount: "/System/Volumes/Data"}}
	}
}

// asked is what sandbox_check said beside the attempt: one answer for each
// decision, the first for the path as it is spelled.
func asked(operation string, filter int, name, argument string, decisions ...string) func(*evidence.Observation) {
	return func(o *evidence.Observation) {
		o.Asked = &artifact.SandboxCheckRequest{Operation: operation, FilterType: &filter, FilterName: &name, Argument: &argument}
		if name == "path" {
			o.Asked.Canonicalization = new("both")
		}
		for i, decision := range decisions {
			o.Callouts = append(o.Callouts, answer(*o.Asked, i > 0, decision))
		}
	}
}

// answer is a callout as our engine makes it.
func answer(q artifact.SandboxCheckRequest, canonical bool, decision string) artifact.Callout {
	rc := map[string]int{"allow": 0, "deny": 1, "error": -1}[decision]
	c := artifact.Callout{
		Tool: "seatbelt-callout", MarkerVersion: 2, Stage: "pre_syscall", API: "sandbox_check", Operation: q.Operation,
		FilterType: q.FilterType, FilterTypeName: q.FilterName, CheckType: new(*q.FilterType | 0x40000000), VarargsCount: new(1),
		Argument: q.Argument, Canonicalization: new("raw"), CanonicalFlagUsed: &canonical, CanonicalFlagReason: new("not_requested"),
		NoReport: new(true), TokenStatus: new("pid"), TokenMachKR: new(0), RC: &rc, Errno: new(0), Decision: decision,
	}
	if canonical {
		c.CheckType, c.Canonicalization, c.CanonicalFlagReason = new(*c.CheckType|0x20000000), new("canonical"), nil
	}
	if decision == "error" {
		c.Errno, c.Error = new(22), new("EINVAL")
	}
	return c
}

// seatbeltCases are what only macOS has, one run for each kind of probe.
func seatbeltCases() []goldenCase {
	return []goldenCase{seatbeltFiles(), seatbeltCalls(), seatbeltStopped(), seatbeltDisagrees()}
}

var seatbeltDocuments = []string{resultsFile, eventsFile, baselineFile, witnessesFile, oracleFile, mismatchFile, packetsFile}

// both is what the scenario and the baseline saw of one probe.
func both(run evidence.Run, id string, scenario, baseline evidence.Outcome, under, without []func(*evidence.Observation)) []evidence.Observation {
	return []evidence.Observation{
		observe(run, evidence.LaneScenario, "demo:rw:"+id, scenario, append([]func(*evidence.Observation){sandboxed}, under...)...),
		observe(run, evidence.LaneBaseline, "demo:rw:"+id, baseline, without...),
	}
}

type mods = []func(*evidence.Observation)

// seatbeltFiles are a file that was denied, one that was read by another of its
// names, and one that the user is asked about.
func seatbeltFiles() goldenCase {
	run := macRun(
		macProbe("denied", "file-read*", "${workspace}/f", evidence.Deny),
		macProbe("read", "file-read-data", "/tmp/f", evidence.Allow),
		macProbe("guarded", "file-write*", "/Users/u/Documents/f", evidence.Deny),
	)
	return goldenCase{name: "seatbelt_files", run: run, status: "ok", only: seatbeltDocuments, obs: func(run evidence.Run) []evidence.Observation {
		const ws, tmp, docs = "/private/var/ws/f", "/private/tmp/f", "/Users/u/Documents/f"
		obs := both(run, "denied", evidence.Denied, evidence.Allowed,
			mods{onFile(ws), looked(ws), failed(1, "EPERM"), asked("file-read-data", 1, "path", ws, "deny", "deny")},
			mods{onFile(ws), looked(ws), holding(ws, "/System/Volumes/Data"+ws)})
		obs = append(obs, observe(run, evidence.LaneOracle, "demo:rw:denied", evidence.Denied, predicted("deny")))
		obs = append(obs, both(run, "read", evidence.Allowed, evidence.Allowed,
			mods{onFile("/tmp/f"), looked(tmp), holding(tmp, "/System/Volumes/Data"+tmp), asked("file-read-data", 1, "path", "/tmp/f", "allow")},
			mods{onFile("/tmp/f"), looked(tmp), holding(tmp, ""), func(o *evidence.Observation) { o.NoFirmlinkErrno = 45 }})...)
		return append(obs, both(run, "guarded", evidence.Denied, evidence.Denied,
			mods{onFile(docs), failed(1, "EPERM"), asked("file-write-data", 1, "path", docs, "deny")},
			mods{onFile(docs), failed(1, "EPERM")})...)
	}}
}

// seatbeltCalls are calls that report by other codes than errno.
func seatbeltCalls() goldenCase {
	check := macProbe("check", "mach-lookup", "com.example.svc", evidence.Deny)
	check.Driver, check.FilterName, check.FilterType = "sandbox_check_probe", "global-name", new(2)
	run := macRun(
		macProbe("refused", "mach-lookup", "com.example.svc", evidence.Deny),
		macProbe("absent", "mach-lookup", "com.example.none", evidence.Deny),
		check,
	)
	lookup := func(name string) func(*evidence.Observation) {
		return call("bootstrap_look_up", fmt.Sprintf("bootstrap_look_up(bootstrap_port, %q)", name))
	}
	return goldenCase{name: "seatbelt_calls", run: run, status: "partial", only: seatbeltDocuments, obs: func(run evidence.Run) []evidence.Observation {
		none := mods{
			lookup("com.example.none"), gave("kern_return_t", 1102, "BOOTSTRAP_UNKNOWN_SERVICE"),
			details(`{"operation":"mach-lookup","kr":1102,"service_present":false}`), because("", "BOOTSTRAP_UNKNOWN_SERVICE is no answer of the policy"),
		}
		obs := both(run, "refused", evidence.Denied, evidence.Allowed,
			mods{
				lookup("com.example.svc"), gave("kern_return_t", 1100, "BOOTSTRAP_NOT_PRIVILEGED"),
				details(`{"operation":"mach-lookup","kr":1100,"service_present":null}`), asked("mach-lookup", 2, "global-name", "com.example.svc", "deny"),
			},
			mods{lookup("com.example.svc"), gave("kern_return_t", 0, ""), details(`{"operation":"mach-lookup","kr":0,"service_present":true}`)})
		obs = append(obs, both(run, "absent", evidence.Undecided, evidence.Undecided,
			append(mods{asked("mach-lookup", 2, "global-name", "com.example.none", "deny")}, none...), none)...)
		return append(obs, both(run, "check", evidence.Denied, evidence.Allowed,
			mods{
				call("sandbox_check", `sandbox_check(41, "mach-lookup", …, "com.example.svc")`), gave("sandbox_check", 1, ""),
				details(`{"operation":"mach-lookup","filter_type":2,"filter_name":"global-name","argument":"com.example.svc","rc":1,"errno":1,"decision":"deny"}`),
				asked("mach-lookup", 2, "global-name", "com.example.svc", "deny"),
			},
			mods{call("sandbox_check", `sandbox_check(41, "mach-lookup", …, "com.example.svc")`), gave("sandbox_check", 0, "")})...)
	}}
}

// seatbeltStopped are probes that came to an end before the operation was
// attempted, or of which nobody knows whether it was the one that was decided.
func seatbeltStopped() goldenCase {
	run := macRun(
		macProbe("unapplied", "file-read*", "/etc/f", evidence.Deny),
		macProbe("unstarted", "mach-lookup", "com.example.svc", evidence.Deny),
		macProbe("unanswered", "file-read*", "/etc/f", evidence.Deny),
		macProbe("late", "file-read*", "/etc/f", evidence.Deny),
	)
	run.Matrix.Profiles = append(run.Matrix.Profiles, evidence.MatrixProfile{
		ID: "demo:gated", Path: "profiles/gated.sb", Mode: "sbpl",
		Probes: []evidence.MatrixProbe{{Name: "gated", Operation: "file-read*", Target: "/etc/f", OnPath: true, Expected: evidence.Deny, ExpectationID: "demo:gated:f"}},
	})
	run.Prepared["demo:gated"] = evidence.Prepared{
		Path: "out/run-1/runtime_profiles/gated.demo_gated.runtime.sb",
		Gate: gate("likely_apply_gated_for_harness_identity", `"deny_message_filter"`,
			`[{"outer_action":"allow","outer_operation":"mach-lookup","denied_operation":"mach-message-send"}]`),
	}
	question := asked("file-read-data", 1, "path", "/etc/f")
	return goldenCase{name: "seatbelt_stopped", run: run, status: "partial", only: []string{resultsFile, eventsFile, mismatchFile, packetsFile}, obs: func(run evidence.Run) []evidence.Observation {
		stopped := func(id string, outcome evidence.Outcome, stage, kind string, more ...func(*evidence.Observation)) evidence.Observation {
			return observe(run, evidence.LaneScenario, id, outcome, append(more, func(o *evidence.Observation) {
				o.FailureStage, o.FailureKind, o.Reason = stage, kind, "it was stopped"
			})...)
		}
		return []evidence.Observation{
			stopped("demo:rw:unapplied", evidence.Broken, "apply", "sandbox_init_failed", question, func(o *evidence.Observation) {
				o.WorkerPID = 41
				o.Apply = &evidence.ApplyReport{API: "sandbox_init", RC: -1, Errno: 1, ErrClass: "errno_eperm", ErrText: "x"}
			}),
			stopped("demo:rw:unstarted", evidence.Broken, "bootstrap", "bootstrap_deny_process_exec", sandboxed, failed(1, "EPERM")),
			stopped("demo:rw:unanswered", evidence.Undecided, "probe", evidence.KindNotWitnessed, sandboxed, onFile("/etc/f"), failed(1, "EPERM"),
				asked("file-read-data", 1, "path", "/etc/f", "error")),
			stopped("demo:rw:late", evidence.Broken, "probe", "probe_timeout", sandboxed, question),
			stopped("demo:gated:f", evidence.Blocked, "preflight", "preflight_apply_gate_signature", question),
		}
	}}
}

// seatbeltDisagrees is a file that was read, and of which the sandbox says that it
// cannot be.
func seatbeltDisagrees() goldenCase {
	run := macRun(macProbe("f", "file-read-data", "/private/tmp/f", evidence.Deny))
	const path = "/private/tmp/f"
	return goldenCase{name: "seatbelt_disagrees", run: run, status: "partial", only: []string{packetsFile, oracleFile}, obs: func(run evidence.Run) []evidence.Observation {
		return both(run, "f", evidence.Allowed, evidence.Allowed,
			mods{onFile(path), holding(path, "/System/Volumes/Data"+path), asked("file-read-data", 1, "path", path, "deny", "allow")},
			mods{onFile(path), holding(path, "/System/Volumes/Data"+path)})
	}}
}
