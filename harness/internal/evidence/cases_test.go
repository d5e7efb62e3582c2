package evidence_test

import (
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

const (
	resultsFile   = "runtime_results.json"
	eventsFile    = "runtime_events.normalized.json"
	baselineFile  = "baseline_results.json"
	oracleFile    = "oracle_results.json"
	witnessesFile = "path_witnesses.json"
	fixturesFile  = "fixtures.json"
	mismatchFile  = "mismatch_summary.json"
	packetsFile   = "mismatch_packets.jsonl"
)

// goldenCases has a case per outcome in all lanes, then the cases in which
// lanes meet, then the ways a run can end.
func goldenCases() []goldenCase {
	cases := append(outcomeCases(), meetingCases()...)
	return append(append(cases, seatbeltCases()...), runCases()...)
}

func outcomeCases() []goldenCase {
	expectAllow, expectDeny := testRun(readProbe("f", evidence.Allow)), testRun(readProbe("f", evidence.Deny))
	same := func(outcome evidence.Outcome, more ...func(*evidence.Observation)) func(evidence.Run) []evidence.Observation {
		return func(run evidence.Run) []evidence.Observation { return allLanes(run, "f", outcome, more...) }
	}
	notAttempted := func(outcome evidence.Outcome, kind, reason string) func(evidence.Run) []evidence.Observation {
		return func(run evidence.Run) []evidence.Observation {
			var obs []evidence.Observation
			for _, lane := range []evidence.Lane{evidence.LaneScenario, evidence.LaneBaseline, evidence.LaneOracle} {
				obs = append(obs, observe(run, lane, "demo:rw:f", outcome, because(kind, reason)))
			}
			return obs
		}
	}
	return []goldenCase{
		{name: "allowed", run: expectAllow, obs: same(evidence.Allowed, opened("/scratch/ws/f")), status: "ok"},
		{name: "denied_without_policy_too", run: expectDeny, obs: same(evidence.Denied, failed(13, "EACCES")), status: "ok"},
		{
			name: "undecided", run: expectDeny, status: "partial",
			obs: same(evidence.Undecided, failed(2, "ENOENT"), because("", "ENOENT is no answer of the policy")),
		},
		{
			name: "blocked", run: expectDeny, status: "partial",
			obs: notAttempted(evidence.Blocked, "capability_missing", "landlock.abi>=4 is not met: the kernel has 3"),
		},
		{
			name: "unsupported", run: expectDeny, status: "partial",
			obs: notAttempted(evidence.Unsupported, "operation_unsupported", "the lane cannot answer fs.read_file"),
		},
		{
			name: "broken", run: expectDeny, status: "partial",
			obs: func(run evidence.Run) []evidence.Observation {
				hung := because("probe_timeout", "no answer within 5s")
				return []evidence.Observation{
					observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Broken, called("/scratch/ws/f"), applied, hung),
					observe(run, evidence.LaneBaseline, "demo:rw:f", evidence.Broken, hung),
					observe(run, evidence.LaneOracle, "demo:rw:f", evidence.Broken, because("oracle_failed", "profile text does not parse")),
				}
			},
		},
		{
			name: "apply_failed", run: expectDeny, status: "partial", only: []string{resultsFile, eventsFile, mismatchFile, packetsFile},
			obs: func(run evidence.Run) []evidence.Observation {
				return []evidence.Observation{observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Broken, func(o *evidence.Observation) {
					o.FailureStage, o.FailureKind = "apply", "landlock_restrict_self_failed"
					o.Reason = "apply profile: operation not permitted"
					o.WorkerPID = 41
					o.Apply = &evidence.ApplyReport{
						API: "landlock_restrict_self", RC: -1, Errno: 1, ErrClass: "errno_eperm", ErrText: "no_new_privs is not set",
					}
				})}
			},
		},
	}
}

func meetingCases() []goldenCase {
	deny := testRun(readProbe("f", evidence.Deny))
	scenario := func(outcome evidence.Outcome, more ...func(*evidence.Observation)) func(evidence.Run) evidence.Observation {
		return func(run evidence.Run) evidence.Observation {
			return observe(run, evidence.LaneScenario, "demo:rw:f", outcome, append(more, called("/scratch/ws/f"), applied)...)
		}
	}
	baseline := func(outcome evidence.Outcome, more ...func(*evidence.Observation)) func(evidence.Run) evidence.Observation {
		return func(run evidence.Run) evidence.Observation {
			return observe(run, evidence.LaneBaseline, "demo:rw:f", outcome, append(more, called("/scratch/ws/f"))...)
		}
	}
	both := func(makers ...func(evidence.Run) evidence.Observation) func(evidence.Run) []evidence.Observation {
		return func(run evidence.Run) []evidence.Observation {
			var obs []evidence.Observation
			for _, m := range makers {
				obs = append(obs, m(run))
			}
			return obs
		}
	}
	oracle := func(outcome evidence.Outcome, decision string, more ...func(*evidence.Observation)) func(evidence.Run) evidence.Observation {
		return func(run evidence.Run) evidence.Observation {
			return observe(run, evidence.LaneOracle, "demo:rw:f", outcome, append([]func(*evidence.Observation){predicted(decision)}, more...)...)
		}
	}
	denied, open := failed(13, "EACCES"), opened("/scratch/ws/f")
	judged := []string{eventsFile, mismatchFile, packetsFile}
	return []goldenCase{
		{
			name: "denied_by_policy", run: deny, status: "ok",
			obs: both(scenario(evidence.Denied, denied), baseline(evidence.Allowed, open)), only: []string{eventsFile, witnessesFile, packetsFile},
		},
		{
			name: "denied_no_baseline", run: deny, status: "ok",
			obs: both(scenario(evidence.Denied, denied)), only: []string{eventsFile, baselineFile},
		},
		{
			name: "unexpected_allow", run: deny, status: "partial",
			obs: both(scenario(evidence.Allowed, open), baseline(evidence.Allowed, open), oracle(evidence.Denied, "deny")), only: judged,
		},
		{
			name: "contradiction", run: deny, status: "partial",
			obs: both(scenario(evidence.Allowed, open), baseline(evidence.Denied, denied)), only: judged,
		},
		{
			name: "unexpected_deny_ambient", run: testRun(readProbe("f", evidence.Allow)), status: "partial",
			obs: both(scenario(evidence.Denied, denied), baseline(evidence.Denied, denied)), only: judged,
		},
		{
			name: "oracle_unknown", run: deny, status: "ok", only: []string{oracleFile},
			obs: func(run evidence.Run) []evidence.Observation {
				return []evidence.Observation{observe(run, evidence.LaneOracle, "demo:rw:f", evidence.Undecided, predicted("unknown"),
					func(o *evidence.Observation) { o.Oracle.Reason = "a magic link" })}
			},
		},
		{
			name: "oracle_disagrees", run: deny, status: "partial", only: append(judged, oracleFile),
			obs: both(scenario(evidence.Denied, denied), baseline(evidence.Allowed, open), oracle(evidence.Allowed, "allow")),
		},
		{
			name: "oracle_foretells_another_record", run: deny, status: "ok", only: append(judged, oracleFile),
			obs: both(scenario(evidence.Denied, denied, recorded(true, "fs.read_file")), baseline(evidence.Allowed, open),
				oracle(evidence.Denied, "deny", foretold(0, "fs.execute", "fs.read_file"))),
		},
		{
			name: "oracle_of_another_system", run: testRun(evidence.MatrixProbe{
				Name: "svc", Operation: "mach-lookup", Target: "com.example.svc", Expected: evidence.Deny, ExpectationID: "demo:rw:svc",
				Mode: "sbpl", Driver: "sandbox_check_probe", FilterName: "local-name", FilterType: new(3),
			}), status: "ok", only: []string{oracleFile},
			obs: func(run evidence.Run) []evidence.Observation {
				return []evidence.Observation{observe(run, evidence.LaneOracle, "demo:rw:svc", evidence.Denied, ruled)}
			},
		},
		programCase(), networkCase(), renameCase(), spellingCase(),
	}
}

// programCase is a probe that starts a program and captures what it says.
func programCase() goldenCase {
	run := testRun(evidence.MatrixProbe{
		Name: "sh", Operation: "fs.execute", Target: "${workspace}/déjà.sh", Expected: evidence.Allow, ExpectationID: "demo:rw:sh",
		Driver: "exec", AnchorCtxID: "a1", FilterType: new(0),
	})
	ran := func(o *evidence.Observation) {
		o.RequestedPath = "/scratch/ws/déjà.sh"
		o.Command, o.ExitCode = []string{"/scratch/ws/déjà.sh", "-x"}, new(3)
		o.Syscall, o.Call = "execve", `execve("/scratch/ws/déjà.sh", ["/scratch/ws/déjà.sh", "-x"])`
		o.Stdout, o.Stderr = "<one>\r\ntwo & three\n", "warning\n"
	}
	return goldenCase{
		name: "program", run: run, status: "ok",
		only: []string{"expected_matrix.generated.json", resultsFile, eventsFile, baselineFile, witnessesFile},
		obs: func(run evidence.Run) []evidence.Observation {
			return []evidence.Observation{
				observe(run, evidence.LaneScenario, "demo:rw:sh", evidence.Allowed, ran, applied),
				observe(run, evidence.LaneBaseline, "demo:rw:sh", evidence.Allowed, ran),
			}
		},
	}
}

// networkCase is a probe with a listener in one lane and one that could not
// listen in the other.
func networkCase() goldenCase {
	run := testRun(evidence.MatrixProbe{
		Name: "out", Operation: "net.connect_tcp", Target: "127.0.0.1:8443", Expected: evidence.Deny, ExpectationID: "demo:rw:out",
	})
	connect := func(o *evidence.Observation) { o.Syscall, o.Call = "connect", "connect(3, 127.0.0.1:8443)" }
	return goldenCase{
		name: "listener", run: run, status: "partial", only: []string{resultsFile, eventsFile, fixturesFile, baselineFile, witnessesFile},
		obs: func(run evidence.Run) []evidence.Observation {
			return []evidence.Observation{
				observe(run, evidence.LaneScenario, "demo:rw:out", evidence.Denied, connect, applied, failed(13, "EACCES"), func(o *evidence.Observation) {
					o.Listener = &evidence.Listener{Host: "127.0.0.1", Port: 8443, Status: "ok", Precheck: "ok", AcceptCount: 1}
				}),
				observe(run, evidence.LaneBaseline, "demo:rw:out", evidence.Broken, because("fixture_failed", "listen: address already in use"), func(o *evidence.Observation) {
					o.Listener = &evidence.Listener{Host: "127.0.0.1", Port: 8443, Status: "error", Error: "address already in use", Precheck: "skipped"}
				}),
			}
		},
	}
}

// spellingCase is a file that was reached by a link, denied under a policy that
// was to allow it, and what each lane saw of the way there.
func spellingCase() goldenCase {
	file := evidence.File{
		Type: "file", Dev: 65024, Ino: 9988082, MountID: 27, Mount: "/", FSType: "ext4", FSID: [2]int32{-7, 9},
	}
	looked := func(o *evidence.Observation) {
		seen := file
		seen.FSID = [2]int32{}
		o.Sight = &evidence.Sight{Path: "/scratch/real/f", File: &seen}
	}
	return goldenCase{
		name: "spelling", run: testRun(readProbe("f", evidence.Allow)), status: "partial",
		only: []string{resultsFile, eventsFile, baselineFile, witnessesFile, packetsFile},
		obs: func(run evidence.Run) []evidence.Observation {
			return []evidence.Observation{
				observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Denied, called("/scratch/ws/f"), applied, failed(13, "EACCES"), looked),
				observe(run, evidence.LaneBaseline, "demo:rw:f", evidence.Allowed, called("/scratch/ws/f"), opened("/scratch/real/f"), looked,
					func(o *evidence.Observation) { o.File = &file }),
			}
		},
	}
}

// renameCase is a denial that Landlock answers with EXDEV, with what was left
// behind, in a worker that held descriptors of its own.
func renameCase() goldenCase {
	run := testRun(evidence.MatrixProbe{
		Name: "mv", Operation: "fs.refer", Target: "${home}/f", Expected: evidence.Deny, ExpectationID: "demo:rw:mv",
	})
	moved := func(o *evidence.Observation) {
		o.RequestedPath, o.SourcePath = "/scratch/home/f", "/scratch/ws/f"
		o.Syscall, o.Call = "renameat2", `renameat2(AT_FDCWD, "/scratch/ws/f", AT_FDCWD, "/scratch/home/f", 0)`
	}
	return goldenCase{
		name: "rename", run: run, status: "ok", only: []string{resultsFile, eventsFile},
		obs: func(run evidence.Run) []evidence.Observation {
			return []evidence.Observation{
				observe(run, evidence.LaneScenario, "demo:rw:mv", evidence.Denied, moved, applied, failed(18, "EXDEV"), func(o *evidence.Observation) {
					o.PostState = &evidence.PostState{SourceExists: new(true)}
					o.Worker = &evidence.Worker{Inherited: []evidence.Descriptor{{FD: 5, To: "/var/log/agent.log"}}}
				}),
				observe(run, evidence.LaneBaseline, "demo:rw:mv", evidence.Allowed, moved, func(o *evidence.Observation) {
					o.PostState = &evidence.PostState{TargetExists: true, TargetType: "file", TargetSize: 4, SourceExists: new(false)}
				}),
			}
		},
	}
}

func runCases() []goldenCase {
	none := func(evidence.Run) []evidence.Observation { return nil }
	dry := testRun(readProbe("f", evidence.Allow))
	dry.DryRun, dry.Preflight = true, preflightRecord

	early := testRun(readProbe("f", evidence.Allow))
	early.Error, early.ErrorStage = "worker could not be started", "exception"

	interrupted := testRun(readProbe("f", evidence.Deny), readProbe("g", evidence.Deny))
	interrupted.Error, interrupted.ErrorStage = "interrupted", "interrupted"

	baselineOnly := testRun(readProbe("f", evidence.Allow))
	baselineOnly.Lanes = map[evidence.Lane]bool{evidence.LaneBaseline: true}

	selected := testRun(readProbe("f", evidence.Allow), readProbe("g", evidence.Deny))
	selected.Preflight = preflightRecord
	selected.Matrix.Profiles = append(selected.Matrix.Profiles, evidence.MatrixProfile{
		ID: "demo:none|x", Path: "profiles/none.json", Mode: "landlock", SemanticGroup: new("g"),
		Probes: []evidence.MatrixProbe{{
			Name: "f", Operation: "fs.read_file", Target: "${workspace}/f", Expected: evidence.Deny, ExpectationID: "demo:none:f",
		}},
	})
	one := func(run evidence.Run) []evidence.Observation {
		return allLanes(run, "f", evidence.Allowed, opened("/scratch/ws/f"))
	}
	return []goldenCase{
		{name: "dry", run: dry, obs: none, status: "dry"},
		{name: "failed_early", run: early, obs: none, status: "failed"},
		{
			name: "interrupted", run: interrupted, status: "failed", only: []string{resultsFile, mismatchFile, packetsFile},
			obs: func(run evidence.Run) []evidence.Observation { return one(run)[:1] },
		},
		{name: "baseline_only", run: baselineOnly, status: "ok", obs: func(run evidence.Run) []evidence.Observation { return one(run)[1:2] }},
		{name: "selected", run: selected, status: "ok", obs: one},
	}
}
