package bundle_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

var update = flag.Bool("update", false, "write testdata/hostile.golden anew")

// hostile is a run folder as a stranger may have made it, from an honest one. It
// gives what readers are to be pointed at; empty is the run folder.
type hostile struct {
	name   string
	damage func(t *testing.T, out, dir string) string
}

const hostileGolden = "testdata/hostile.golden"

// Every reader says of every such folder what the golden file has, which is for
// reading from top to bottom: the case, what deep validation finds, and each
// reader's word. What is "bad" is an *IntegrityError; what could not be checked
// is said to be that. Nobody waits for a writer that never comes.
func TestHostileBundles(t *testing.T) {
	sections := map[string]string{}
	if data, err := os.ReadFile(hostileGolden); err == nil {
		for section := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n\n") {
			name, _, _ := strings.Cut(section, "\n")
			sections[name] = section
		}
	} else if !*update {
		t.Fatal(err)
	}
	// A copy is cheaper than a commit, which waits for the disk.
	honest := filepath.Join(t.TempDir(), "out")
	base := newRun("r1").write(t, honest)
	pid := regexp.MustCompile(`"writer_pid": \d+`)
	put(t, pid.ReplaceAllString(read(t, base, bundle.StatusFile), `"writer_pid": 7`), base, bundle.StatusFile)
	sealAnew(t, base)
	var order []string
	told := map[string]string{}
	for _, tt := range hostileBundles() {
		if slices.Contains(order, tt.name) {
			t.Fatalf("two cases %s", tt.name)
		}
		order = append(order, tt.name)
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(inMemory(t), "out")
			dir := filepath.Join(out, "r1")
			must(t, os.CopyFS(out, os.DirFS(honest)))
			target := cmp.Or(tt.damage(t, out, dir), dir)
			got := tt.name + "\n" + tell(t, target, strings.NewReplacer(dir, "RUN", out, "OUT", filepath.Dir(out), "TMP"))
			told[tt.name] = got
			if want := sections[tt.name]; !*update && got != want {
				t.Errorf("(-want +got):\n%s", gocmp.Diff(want, got))
			}
		})
	}
	for name := range sections {
		if !slices.Contains(order, name) && !*update {
			t.Errorf("%s has %s, which is no case", hostileGolden, name)
		}
	}
	if !*update {
		return
	}
	var text strings.Builder
	for i, name := range order {
		if i > 0 {
			text.WriteString("\n")
		}
		// A case that cannot be made here stays as it was.
		text.WriteString(cmp.Or(told[name], sections[name]) + "\n")
	}
	put(t, text.String(), hostileGolden)
}

var digests = regexp.MustCompile(`[0-9a-f]{56}\b`)

// tell asks every reader.
func tell(t *testing.T, target string, places *strings.Replacer) string {
	t.Helper()
	var lines, readers, words []string // words[i] is readers[i]'s
	verdict := func(err error) string {
		var bad *bundle.IntegrityError
		switch {
		case errors.As(err, &bad):
			return "bad"
		case err != nil:
			return "could not: " + err.Error()
		}
		return "ok"
	}
	ask := func(reader string, read func() string) {
		t.Helper()
		answer := make(chan string, 1)
		go func() { answer <- read() }()
		select {
		case word := <-answer:
			readers, words = append(readers, reader), append(words, word)
		case <-time.After(time.Minute):
			t.Fatalf("%s hangs", reader)
		}
	}
	validate := func(read func(string) (*bundle.Validation, error), list bool) func() string {
		return func() string {
			v, err := read(target)
			if err != nil {
				return verdict(err)
			}
			for i, f := range v.Findings {
				if !list {
					break
				}
				if i == 6 {
					lines = append(lines, fmt.Sprintf("… %d findings", len(v.Findings)))
					break
				}
				lines = append(lines, fmt.Sprintf("! %s  %s", f.Code, f))
			}
			if !v.OK() {
				return "bad"
			}
			return "ok"
		}
	}
	ask("load", func() string { _, err := bundle.Load(target); return verdict(err) })
	ask("validate", validate(bundle.Validate, false))
	ask("deep", validate(bundle.ValidateDeep, true))
	ask("strict", func() string { _, err := bundle.Reindex(target, false); return verdict(err) })
	ask("events", func() string {
		b, err := bundle.Load(target)
		if err == nil {
			err = b.Stream(artifact.RuntimeEventsFile, func(r io.Reader) error {
				return artifact.ReadEvents(r, func(*artifact.Event) error { return nil })
			})
		}
		return verdict(err)
	})
	ask("unverified", func() string {
		u, err := bundle.OpenUnverified(target)
		var data []byte
		if err == nil {
			data, err = u.Read("runtime_results.json")
		}
		if err != nil {
			return verdict(err)
		}
		return fmt.Sprintf("%d bytes", len(data))
	})
	ask("emit", func() string {
		p, err := bundle.Emit(target, filepath.Join(inMemory(t), "packet.json"), false)
		if err != nil {
			return verdict(err)
		}
		return cmp.Or(strings.Trim(fmt.Sprint(p.Promotability.Reasons), "[]"), "promotable")
	})
	ask("repair", func() string {
		res, err := bundle.Reindex(target, true)
		switch {
		case err != nil:
			return verdict(err)
		case !res.OK():
			return string(res.Status) + ", does not load"
		}
		return string(res.Status)
	})
	for i, word := range words {
		if slices.Index(words, word) < i {
			continue
		}
		var with []string
		for j := range words {
			if words[j] == word {
				with = append(with, readers[j])
			}
		}
		lines = append(lines, strings.Join(with, ", ")+": "+word)
	}
	var text strings.Builder
	for _, line := range lines {
		line = digests.ReplaceAllString(places.Replace(line), "…")
		if len(line) > 300 {
			line = line[:300] + "…"
		}
		fmt.Fprintf(&text, "  %s\n", line)
	}
	return strings.TrimRight(text.String(), "\n")
}

// inMemory is a folder that fsync does not wait for, where there is one.
func inMemory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "rtgen-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func hostileBundles() []hostile {
	cases := slices.Concat(hostileBytes(), hostilePaths(), hostileEntries(), hostileFiles(), hostileTexts(), hostileIDs(), hostileLatest(), hostileDocuments())
	return append([]hostile{{"honest", func(*testing.T, string, string) string { return "" }}}, cases...)
}

// in makes a case that changes the run folder.
func in(name string, damage func(t *testing.T, dir string)) hostile {
	return hostile{name, func(t *testing.T, _, dir string) string { damage(t, dir); return "" }}
}

// textIn replaces text in one file, and seals it anew unless it is the index.
func textIn(name, file, old, new string) hostile {
	return in(name, func(t *testing.T, dir string) {
		replaceIn(t, old, new, dir, file)
		if file != bundle.IndexFile {
			sealAnew(t, dir)
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func hostileBytes() []hostile {
	return []hostile{
		in("byte_changed", func(t *testing.T, dir string) { replaceIn(t, "of", "fo", dir, victim) }),
		in("byte_added", func(t *testing.T, dir string) { put(t, read(t, dir, victim)+"\n", dir, victim) }),
		in("cut_short", func(t *testing.T, dir string) { put(t, "{", dir, victim) }),
		in("emptied", func(t *testing.T, dir string) { put(t, "", dir, victim) }),
		in("file_gone", func(t *testing.T, dir string) { remove(t, dir, victim) }),
		in("status_gone", func(t *testing.T, dir string) { remove(t, dir, bundle.StatusFile) }),
		in("index_gone", func(t *testing.T, dir string) { remove(t, dir, bundle.IndexFile) }),
		in("index_and_status_gone", func(t *testing.T, dir string) { remove(t, dir, bundle.IndexFile); remove(t, dir, bundle.StatusFile) }),
	}
}

func hostilePaths() []hostile {
	long := strings.Repeat("x", 256)
	var cases []hostile
	for _, c := range []struct{ name, to string }{
		{"absolute", "/out/r1/" + victim}, {"dotdot", "out/r1/../r1/" + victim}, {"out_of_run", "out/r1/../../etc/passwd"},
		{"before_run", "../r1/" + victim}, {"dot", "out/r1/./" + victim}, {"double_slash", "out//r1/" + victim}, {"last_slash", "out/r1/" + victim + "/"},
		{"other_run", "out/r2/" + victim}, {"of_run_folder", "out/r1"}, {"empty", ""}, {"backslash", `out\\r1\\` + victim},
		{"backslash_inside", `out/r1/..\\` + victim}, {"drive", "C:/r1/" + victim}, {"stream", "out/r1/" + victim + ":x"}, {"of_index", "out/r1/" + bundle.IndexFile},
		{"nul", `out/r1/x\u0000`}, {"newline", `out/r1/x\ny`}, {"escape_sequence", `out/r1/\u001b[2J`}, {"right_to_left", `out/r1/x\u202egnp`},
		{"beyond_ascii", "out/r1/r\u00e9sultats.json"}, {"beyond_ascii_place", "sortie-\u00e9/r1/" + victim},
		{"long_part", "out/r1/" + long}, {"many_parts", "out/r1/" + strings.Repeat("a/", 8) + "b"}, {"very_many_parts", "out/r1/" + strings.Repeat("a/", 100_000) + "b"},
		{"bare_name", victim}, {"of_another_place", "book/evidence/out/r1/" + victim}, {"duplicate", "elsewhere/r1/baseline_results.json"},
		{"duplicate_by_case", "out/r1/Baseline_Results.json"}, {"case_trick", "out/r1/Runtime_Results.json"}, {"of_dot_file", "out/r1/.hidden"},
	} {
		cases = append(cases, textIn("path_"+c.name, bundle.IndexFile, `"path": "out/r1/`+victim+`"`, `"path": "`+c.to+`"`))
	}
	return append(cases,
		textIn("status_by_case", bundle.IndexFile, "out/r1/run_status.json", "out/r1/Run_Status.json"),
		textIn("status_not_indexed", bundle.IndexFile, "out/r1/run_status.json", "out/r1/baseline.md"),
		in("spellings_of_one_name", func(t *testing.T, dir string) {
			replaceIn(t, "out/r1/"+victim, "out/r1/\u00e9", dir, bundle.IndexFile)
			replaceIn(t, "out/r1/baseline_results.json", "out/r1/e\u0301", dir, bundle.IndexFile)
		}),
	)
}

func hostileEntries() []hostile {
	digest := func(name string, to func(sum string) string) hostile {
		return in("digest_"+name, func(t *testing.T, dir string) {
			sum := bundle.DigestOf([]byte(read(t, dir, victim))).String()
			replaceIn(t, `"`+sum+`"`, to(sum), dir, bundle.IndexFile)
		})
	}
	size := func(name, to string) hostile {
		return in("size_"+name, func(t *testing.T, dir string) {
			replaceIn(t, fmt.Sprintf(`"file_size": %d`, len(read(t, dir, victim))), `"file_size": `+to, dir, bundle.IndexFile)
		})
	}
	return []hostile{
		digest("null", func(string) string { return "null" }),
		digest("number", func(string) string { return "1" }),
		digest("upper_case", func(sum string) string { return `"` + strings.ToUpper(sum) + `"` }),
		digest("short", func(sum string) string { return `"` + sum[1:] + `"` }),
		digest("of_another_kind", func(sum string) string { return `"sha1:` + sum[:40] + `"` }),
		textIn("digest_absent", bundle.IndexFile, `"sha256"`, `"sha512"`),
		textIn("size_absent", bundle.IndexFile, `"file_size"`, `"size"`),
		size("wrong", "1"), size("negative", "-1"), size("fractional", "1.5"), size("exponent", "1e3"), size("text", `"12"`), size("huge", "2147483649"),
		size("beyond_64_bits", "18446744073709551616"), size("absurd", strings.Repeat("9", 400)), size("null", "null"),
		textIn("entry_major", bundle.IndexFile, "summary.v0.1", "summary.v2.0"),
		textIn("entry_no_schema", bundle.IndexFile, "runtime-tools.summary.v0.1", "<script>"),
		textIn("entries_null", bundle.IndexFile, `"artifacts": [`, `"artifacts": null, "x": [`),
		textIn("entries_absent", bundle.IndexFile, `"artifacts"`, `"artefacts"`),
		textIn("lists_missing", bundle.IndexFile, `"missing": []`, `"missing": ["out/r1/fixtures.json"]`),
		textIn("lists_missing_outside", bundle.IndexFile, `"missing": []`, `"missing": ["../../etc/passwd", "\u001b[2J"]`),
		textIn("index_status_unknown", bundle.IndexFile, `"status": "ok"`, `"status": "fine"`),
		textIn("index_status_failed", bundle.IndexFile, `"status": "ok"`, `"status": "failed"`),
		textIn("index_status_partial", bundle.IndexFile, `"status": "ok"`, `"status": "partial"`),
		textIn("index_major", bundle.IndexFile, "artifact_index.v0.1", "artifact_index.v1.0"),
		textIn("index_newer_minor", bundle.IndexFile, "artifact_index.v0.1", "artifact_index.v0.7"),
		textIn("index_older_family", bundle.IndexFile, "runtime-tools.artifact_index", "hardened-runtime.artifact_index"),
		textIn("index_other_document", bundle.IndexFile, "artifact_index.v", "run_status.v"),
		textIn("index_of_another_run", bundle.IndexFile, "r1", "r2"),
		textIn("status_in_progress", bundle.StatusFile, `"complete"`, `"in_progress"`),
		textIn("status_failed", bundle.StatusFile, `"complete"`, `"failed"`),
		textIn("status_unknown", bundle.StatusFile, `"complete"`, `"done"`),
		textIn("status_other_world", bundle.StatusFile, linuxWorld, macWorld),
		textIn("status_other_plan", bundle.StatusFile, `abab`, `cdcd`),
		textIn("status_no_document", bundle.StatusFile, `"writer_pid": `, `"writer_pid": "x`),
		textIn("status_major", bundle.StatusFile, "run_status.v0.1", "run_status.v9.1"),
	}
}

func hostileLatest() []hostile {
	latest := func(name string, damage func(t *testing.T, out string)) hostile {
		return hostile{"latest_" + name, func(t *testing.T, out, _ string) string { damage(t, out); return out }}
	}
	says := func(name, text string) hostile {
		return latest(name, func(t *testing.T, out string) { put(t, text, out, bundle.LatestFile) })
	}
	return []hostile{
		latest("honest", func(*testing.T, string) {}),
		latest("gone", func(t *testing.T, out string) { remove(t, out, bundle.LatestFile) }),
		says("dangling", "r2\n"), says("empty", ""), says("two_lines", "r1\nr1\n"), says("outside", "../out/r1\n"), says("parent", "..\n"), says("here", ".\n"),
		says("absolute", "/etc\n"), says("itself", "LATEST\n"), says("carriage_return", "r1\r\n"), says("nul", "r1\x00"), says("not_utf8", "r1\xff\n"),
		says("huge", strings.Repeat("r", 1<<20)), says("without_newline", "r1"),
		latest("file", func(t *testing.T, out string) { put(t, "", out, "r2"); put(t, "r2\n", out, bundle.LatestFile) }),
		latest("folder", func(t *testing.T, out string) {
			remove(t, out, bundle.LatestFile)
			must(t, os.Mkdir(filepath.Join(out, bundle.LatestFile), 0o755))
		}),
		latest("symlink", func(t *testing.T, out string) {
			remove(t, out, bundle.LatestFile)
			put(t, "r1\n", out, "kept")
			must(t, os.Symlink("kept", filepath.Join(out, bundle.LatestFile)))
		}),
		latest("symlinked_run", func(t *testing.T, out string) {
			put(t, "r2\n", out, bundle.LatestFile)
			must(t, os.Symlink("r1", filepath.Join(out, "r2")))
		}),
		latest("renamed_run", func(t *testing.T, out string) {
			must(t, os.Rename(filepath.Join(out, "r1"), filepath.Join(out, "r2")))
			put(t, "r2\n", out, bundle.LatestFile)
		}),
		latest("sparse", func(t *testing.T, out string) { must(t, os.Truncate(filepath.Join(out, bundle.LatestFile), 1<<40)) }),
	}
}
