package bundle_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// hostileFiles are what can lie where a file should, and beside it.
func hostileFiles() []hostile {
	var cases []hostile
	for _, file := range []string{victim, bundle.IndexFile, bundle.StatusFile, bundle.RepairLogFile} {
		instead := func(name string, make func(t *testing.T, path string)) {
			cases = append(cases, in(name+"/"+file, func(t *testing.T, dir string) {
				path := filepath.Join(dir, file)
				if err := os.Rename(path, path+".kept"); err != nil && file != bundle.RepairLogFile {
					t.Fatal(err)
				}
				make(t, path)
			}))
		}
		instead("symlink_inside", func(t *testing.T, path string) { must(t, os.Symlink(file+".kept", path)) })
		instead("symlink_outside", func(t *testing.T, path string) {
			elsewhere := filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(path))), "same")
			if file != bundle.RepairLogFile {
				must(t, os.Rename(path+".kept", elsewhere))
			}
			must(t, os.Symlink(elsewhere, path))
		})
		instead("symlink_loop", func(t *testing.T, path string) { must(t, os.Symlink(file, path)) })
		instead("symlink_dangling", func(t *testing.T, path string) { must(t, os.Symlink("nowhere", path)) })
		instead("folder", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o755)) })
		instead("fifo", func(t *testing.T, path string) {
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Skipf("no FIFO here: %v", err)
			}
		})
		instead("socket", func(t *testing.T, path string) {
			short := filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(path))), "s") // its path has little room
			l, err := net.Listen("unix", short)
			if err != nil {
				t.Skipf("no socket here: %v", err)
			}
			t.Cleanup(func() { _ = l.Close() })
			must(t, os.Rename(short, path))
		})
		instead("device", func(t *testing.T, path string) {
			if err := syscall.Mknod(path, syscall.S_IFCHR|0o666, 1<<8|5); err != nil { // /dev/zero has no end
				t.Skipf("no device here: %v", err)
			}
		})
		instead("sparse", func(t *testing.T, path string) {
			put(t, "", path)
			if err := os.Truncate(path, 1<<40); err != nil {
				t.Skipf("no sparse files here: %v", err)
			}
		})
	}
	return append(cases,
		in("hard_link_outside", func(t *testing.T, dir string) {
			elsewhere := filepath.Join(filepath.Dir(filepath.Dir(dir)), "same")
			must(t, errors.Join(os.Rename(filepath.Join(dir, victim), elsewhere), os.Link(elsewhere, filepath.Join(dir, victim))))
		}),
		in("through_symlinked_folder", func(t *testing.T, dir string) {
			must(t, os.Symlink(".", filepath.Join(dir, "sub")))
			replaceIn(t, `"out/r1/`+victim, `"out/r1/sub/`+victim, dir, bundle.IndexFile)
		}),
		in("in_a_folder", func(t *testing.T, dir string) {
			must(t, errors.Join(os.Mkdir(filepath.Join(dir, "sub"), 0o755), os.Rename(filepath.Join(dir, victim), filepath.Join(dir, "sub", victim))))
			replaceIn(t, `"out/r1/`+victim, `"out/r1/sub/`+victim, dir, bundle.IndexFile)
		}),
		hostile{"run_folder_is_symlink", func(t *testing.T, out, _ string) string {
			must(t, os.Symlink("r1", filepath.Join(out, "r2")))
			return filepath.Join(out, "r2")
		}},
		hostile{"parent_is_symlink", func(t *testing.T, out, _ string) string {
			must(t, os.Symlink(out, out+".link"))
			return filepath.Join(out+".link", "r1")
		}},
		hostile{"chain_of_symlinks", func(t *testing.T, out, _ string) string {
			must(t, errors.Join(os.Symlink(out, out+".1"), os.Symlink(out+".1", out+".2"), os.Symlink(out+".2", out+".3")))
			return out + ".3"
		}},
		hostile{"loop_of_symlinks", func(t *testing.T, out, _ string) string {
			must(t, os.Symlink(out+".loop", out+".loop"))
			return out + ".loop"
		}},
		hostile{"bundle_is_file", func(t *testing.T, out, _ string) string { return filepath.Join(out, bundle.LatestFile) }},
		hostile{"bundle_is_fifo", func(t *testing.T, out, _ string) string {
			if err := syscall.Mkfifo(out+".fifo", 0o600); err != nil {
				t.Skipf("no FIFO here: %v", err)
			}
			return out + ".fifo"
		}},
		hostile{"bundle_is_nothing", func(t *testing.T, out, _ string) string { return out + ".none" }},

		in("stranger", func(t *testing.T, dir string) { put(t, "", dir, "notes.txt") }),
		in("stranger_hidden", func(t *testing.T, dir string) { put(t, "", dir, ".notes") }),
		in("stranger_of_killed_writer", func(t *testing.T, dir string) { put(t, "{", dir, "."+victim+".tmp") }),
		in("stranger_by_case", func(t *testing.T, dir string) { put(t, "{}", dir, "Run_Status.JSON") }),
		in("stranger_obeyed_by_terminals", func(t *testing.T, dir string) { put(t, "", dir, "\x1b[2J\n[+] bundle ok") }),
		in("stranger_not_utf8", func(t *testing.T, dir string) { put(t, "", dir, "x\xff") }),
		in("stranger_folder", func(t *testing.T, dir string) {
			must(t, os.MkdirAll(filepath.Join(dir, "more", "beneath"), 0o755))
			put(t, "", dir, "more", "a")
			put(t, "", dir, "more", "beneath", "b")
		}),
		in("stranger_folder_empty", func(t *testing.T, dir string) { must(t, os.Mkdir(filepath.Join(dir, "more"), 0o755)) }),
		in("stranger_folders_deep", func(t *testing.T, dir string) {
			must(t, os.MkdirAll(filepath.Join(dir, strings.Repeat("d/", 500)), 0o755))
		}),
		in("strangers_many", func(t *testing.T, dir string) {
			for i := range 300 {
				put(t, "", dir, fmt.Sprintf("n%03d", i))
			}
		}),
		in("stranger_fifo", func(t *testing.T, dir string) {
			if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
				t.Skipf("no FIFO here: %v", err)
			}
		}),
		in("stranger_symlink_loop", func(t *testing.T, dir string) { must(t, os.Symlink(".", filepath.Join(dir, "again"))) }),
		hostile{"latest_fifo", func(t *testing.T, out, _ string) string {
			remove(t, out, bundle.LatestFile)
			if err := syscall.Mkfifo(filepath.Join(out, bundle.LatestFile), 0o600); err != nil {
				t.Skipf("no FIFO here: %v", err)
			}
			return out
		}},
		// Only a repair takes the lock, and only when there is something to mend.
		in("lock_fifo", func(t *testing.T, dir string) {
			replaceIn(t, "of", "fo", dir, victim)
			lock := filepath.Join(filepath.Dir(dir), bundle.LockFile)
			if err := errors.Join(os.Remove(lock), syscall.Mkfifo(lock, 0o600)); err != nil {
				t.Skipf("no FIFO here: %v", err)
			}
		}),
	)
}

// hostileDocuments verify, every one, and do not agree.
func hostileDocuments() []hostile {
	results := func(name string, change func(*artifact.ResultsProbe)) hostile {
		return in("disagree_results_"+name, func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeResultsFile, func(r *artifact.RuntimeResults) { change(&(*r)[0].Value.Probes[2]) })
		})
	}
	event := func(name string, change func(*artifact.Event)) hostile {
		return in("disagree_event_"+name, func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeEventsFile, func(e *[]artifact.Event) { change(&(*e)[2]) })
		})
	}
	summary := func(name string, change func(*bundle.Summary)) hostile {
		return in("disagree_summary_"+name, func(t *testing.T, dir string) { edit(t, dir, bundle.SummaryFile, change) })
	}
	return []hostile{
		results("decision", func(p *artifact.ResultsProbe) { p.Actual = new("allow") }),
		results("no_decision", func(p *artifact.ResultsProbe) { p.Actual, p.Match = nil, nil }),
		results("unknown_decision", func(p *artifact.ResultsProbe) { p.Actual, p.Match = new("maybe"), new(false) }),
		results("expectation", func(p *artifact.ResultsProbe) { p.Expected, p.Match = "allow", new(false) }),
		results("match", func(p *artifact.ResultsProbe) { p.Match = new(false) }),
		results("other_scenario", func(p *artifact.ResultsProbe) { p.ExpectationID = theProfile + ":p9" }),
		results("twice", func(p *artifact.ResultsProbe) { p.ExpectationID = theProfile + ":p1" }),
		results("target", func(p *artifact.ResultsProbe) { p.Path = "/etc/shadow" }),
		results("operation", func(p *artifact.ResultsProbe) { p.Operation = "fs.write_file" }),
		results("errno", func(p *artifact.ResultsProbe) { p.RuntimeResult.Errno = new(13) }),
		results("broken", func(p *artifact.ResultsProbe) { p.Actual, p.Match, p.Error = nil, nil, new("worker lost") }),
		event("decision", func(e *artifact.Event) { e.Actual = new("allow") }),
		event("match", func(e *artifact.Event) { e.Match = nil }),
		event("run", func(e *artifact.Event) { e.RunID = "r2" }),
		event("world", func(e *artifact.Event) { e.WorldID = macWorld }),
		event("profile", func(e *artifact.Event) { e.ProfileID = "elsewhere" }),
		event("status", func(e *artifact.Event) { e.RuntimeStatus = "success" }),
		event("baseline", func(e *artifact.Event) { e.PolicyLayers.PlatformPolicy.Decision = "deny" }),
		event("no_baseline", func(e *artifact.Event) { e.PolicyLayers.PlatformPolicy.Source = "baseline_missing" }),
		in("disagree_event_gone", func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeEventsFile, func(e *[]artifact.Event) { *e = (*e)[:2] })
		}),
		in("disagree_events_none", func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeEventsFile, func(e *[]artifact.Event) { *e = []artifact.Event{} })
		}),
		in("disagree_matrix_world", func(t *testing.T, dir string) {
			edit(t, dir, artifact.ExpectedMatrixFile, func(m *artifact.ExpectedMatrix) { m.WorldID = macWorld })
		}),
		in("disagree_matrix_twice", func(t *testing.T, dir string) {
			edit(t, dir, artifact.ExpectedMatrixFile, func(m *artifact.ExpectedMatrix) {
				p := m.Profiles[0].Value.Probes
				p[1].ExpectationID = p[0].ExpectationID
			})
		}),
		in("disagree_baseline_decision", func(t *testing.T, dir string) {
			edit(t, dir, artifact.BaselineResultsFile, func(b *artifact.BaselineResults) { b.Results[2].Status = new("deny") })
		}),
		in("disagree_baseline_name", func(t *testing.T, dir string) {
			edit(t, dir, artifact.BaselineResultsFile, func(b *artifact.BaselineResults) { b.Results[2].Name = "baseline:x" })
		}),
		in("disagree_baseline_run", func(t *testing.T, dir string) {
			edit(t, dir, artifact.BaselineResultsFile, func(b *artifact.BaselineResults) { b.RunID = "r2" })
		}),
		in("disagree_baseline_major", func(t *testing.T, dir string) {
			edit(t, dir, artifact.BaselineResultsFile, func(b *artifact.BaselineResults) { b.SchemaVersion = "runtime-tools.baseline_results.v3.0" })
		}),
		// The forgery that pays: what was blocked, or broke, is said to be decided.
		in("disagree_summary_hides_blocked", func(t *testing.T, dir string) {
			edit(t, dir, artifact.RuntimeResultsFile, func(r *artifact.RuntimeResults) {
				p := &(*r)[0].Value.Probes[2]
				p.Actual, p.Match, p.RuntimeResult.Status = nil, nil, "blocked"
			})
			edit(t, dir, artifact.RuntimeEventsFile, func(list *[]artifact.Event) {
				e := &(*list)[2]
				e.Actual, e.Match, e.RuntimeStatus, e.PolicyLayers = nil, nil, "blocked", nil
			})
		}),
		summary("counts", func(s *bundle.Summary) { s.OutcomeCounts["scenario"]["allowed"] = 200 }),
		summary("other_lane", func(s *bundle.Summary) { s.OutcomeCounts["oracle"] = map[string]int{"allowed": 3} }),
		summary("scenarios", func(s *bundle.Summary) { s.ScenarioCount = 4 }),
		summary("vacuous", func(s *bundle.Summary) { s.Vacuous = new(3) }),
		in("disagree_selection", func(t *testing.T, dir string) {
			edit(t, dir, bundle.ManifestFile, func(m *bundle.RunManifest) {
				m.Selection.ByLane["scenario"] = bundle.Count{Planned: 3, Run: 1, Skipped: 1}
			})
		}),
	}
}
