package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// writerEnv makes the test binary a writer that makes a run of the named out
// folder, commits it and emits its packet.
const writerEnv = "BUNDLE_TEST_WRITER"

// sweepEnv makes the faults that a real process is tried with all of them.
const sweepEnv = "BUNDLE_TEST_SWEEP"

// beginning is a file that is not there. The writer's first act is to open it.
const beginning = "/writer-begins"

// strace counts a thread's calls, so the writer stays on the one it is born on.
func init() {
	out := os.Getenv(writerEnv)
	if out == "" {
		return
	}
	runtime.LockOSThread()
	if _, err := os.Open(beginning); !errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "open", beginning, err)
		os.Exit(2)
	}
	if err := writeRun(out, "during"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// writeRun does what a run does at its end.
func writeRun(out, id string) (err error) {
	st, err := Create(out, Options{RunID: id, WorldID: "w", Channel: "direct", PlanID: "p"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	docs := documents(id)
	for _, name := range slices.Sorted(maps.Keys(docs)) {
		st.Expect(name)
		err := st.WriteFrom(name, nil, func(w io.Writer) error {
			_, err := io.Copy(w, struct{ io.Reader }{strings.NewReader(docs[name])})
			return err
		})
		if err != nil {
			return errors.Join(err, st.Fail(err))
		}
	}
	if err := st.Commit(StatusOK); err != nil {
		return err
	}
	_, err = Emit(st.Dir(), packetOf(out), false)
	return err
}

func packetOf(out string) string { return filepath.Join(out, "promotion_packet.json") }

// documents are a run's artifacts, of the usual names and of sizes up to several
// writes. They agree that nothing was observed, so that there is a statement.
func documents(id string) files {
	list := func(schema, rows string) string {
		return fmt.Sprintf(`{"schema_version": %q, "world_id": "w", "run_id": %q, %q: []}`, schema, id, rows)
	}
	manifest, err := canon.Marshal(RunManifest{
		SchemaVersion: SchemaManifest, RunID: id, WorldID: "w", Channel: "direct", PlanID: "p", CompiledDigest: "c", WorldPinned: artifact.Null[string](),
		ApplyPreflight: &PreflightRecord{Path: artifact.ApplyPreflightFile, Record: json.RawMessage(preflightDocument)},
	}, canon.Indented)
	if err != nil {
		panic(err)
	}
	texts := files{
		ManifestFile:                 string(manifest),
		artifact.ApplyPreflightFile:  preflightDocument,
		artifact.ExpectedMatrixFile:  `{"world_id": "w", "profiles": {}}`,
		artifact.RuntimeResultsFile:  `{}`,
		artifact.RuntimeEventsFile:   `[]`,
		artifact.BaselineResultsFile: list(artifact.SchemaBaselineResults, "results"),
		artifact.OracleResultsFile:   list(artifact.SchemaOracleResults, "results"),
		artifact.PathWitnessesFile:   list(artifact.SchemaPathWitnesses, "records"),
		artifact.FixturesFile:        list(artifact.SchemaFixtures, "records"),
		artifact.MismatchSummaryFile: `{"world_id": "w", "counts": {}, "mismatches": []}`,
		artifact.MismatchPacketsFile: "",
	}
	texts[artifact.GeneratedMatrixFile] = texts[artifact.ExpectedMatrixFile]
	docs := files{}
	for i, name := range artifactFiles {
		if name == StatusFile || name == SummaryFile {
			continue
		}
		text, ok := texts[name]
		if !ok {
			text = id + " " + name
		}
		if name != artifact.GeneratedMatrixFile && name != artifact.ExpectedMatrixFile { // one is the other's copy
			text += strings.Repeat("\n", i*i*i*20)
		}
		docs[name] = text
	}
	return docs
}

const preflightDocument = `{"schema_version": "` + artifact.SchemaApplyPreflight + `", "world_id": "w", "apply_ok": true}`

// writerCalls are the calls with which a process changes a file system or its
// locks. Not every architecture has those with a question mark.
var writerCalls = []string{"openat", "write", "fsync", "?rename", "?renameat", "?renameat2", "?mkdir", "mkdirat", "unlinkat", "close", "flock"}

// traced runs a writer under strace and gives what strace says of its first
// thread.
func traced(t *testing.T, out string, args ...string) (log string, exit int) {
	t.Helper()
	file := filepath.Join(filepath.Dir(out), "strace.log")
	cmd := exec.Command("strace", append(append([]string{"-o", file}, args...), os.Args[0])...)
	cmd.Env = append(os.Environ(), writerEnv+"="+out, "GORACE=atexit_sleep_ms=0")
	stderr := new(bytes.Buffer)
	cmd.Stderr = stderr
	err := cmd.Run()
	if ee := new(exec.ExitError); err != nil && !errors.As(err, &ee) {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(data), "+++") {
		t.Skipf("strace cannot trace here: %v, %s%s", err, stderr, data)
	}
	return string(data), cmd.ProcessState.ExitCode()
}

var callName = regexp.MustCompile(`(?m)^(\w+)\(`)

// countCalls counts a writer's calls by name, those before its beginning apart.
func countCalls(t *testing.T, log string) (before, after map[string]int) {
	t.Helper()
	start, work, ok := strings.Cut(log, beginning)
	if !ok {
		t.Fatalf("the writer did not begin:\n%s", log)
	}
	count := func(text string) map[string]int {
		n := map[string]int{}
		for _, m := range callName.FindAllStringSubmatch(text, -1) {
			n[m[1]]++
		}
		return n
	}
	return count(start), count(work)
}

// injections are what strace makes of a call.
var injections = []struct {
	name, how string
	always    string // what is injected besides
	well      bool   // the run ends well all the same
}{
	{name: "EIO", how: "error=EIO"},
	{name: "ENOSPC", how: "error=ENOSPC"},
	{name: "ENOSPC, nothing can be removed", how: "error=ENOSPC", always: "unlinkat:error=EIO"},
	{name: "EINTR", how: "error=EINTR", well: true},
	{name: "SIGKILL", how: "signal=KILL"},
}

// A real process, and every call it makes while it writes a run fails or is its
// last.
func TestEveryCallOfAWriterMayFail(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skipf("no strace to fail the calls with: %v", err)
	}
	template := filepath.Join(memory(t), "out")
	p := promise{out: template, during: documents("during"), index: IndexOK, latest: true}
	if err := writeRun(template, "before"); err != nil {
		t.Fatal(err)
	}
	packet, err := readPair(packetOf(template))
	if err != nil || packet.statement == "" {
		t.Fatalf("packet %+v, %v", packet, err)
	}
	if p.before, err = readFiles(filepath.Join(template, "before")); err != nil {
		t.Fatal(err)
	}
	log, exit := traced(t, template, "-e", "trace="+strings.Join(writerCalls, ","))
	if exit != 0 {
		t.Fatalf("exit code %d:\n%s", exit, log)
	}
	before, after := countCalls(t, log)
	for name, least := range map[string]int{"openat": 40, "write": 20, "fsync": 20, "close": 40, "flock": 2} {
		if after[name] < least {
			t.Errorf("only %d calls of %s: %v", after[name], name, after)
		}
	}

	calls := slices.Sorted(maps.Keys(after))
	share := func(call string) int {
		// Whatever readers see they see after a rename.
		if strings.HasPrefix(call, "rename") || os.Getenv(sweepEnv) != "" {
			return after[call]
		}
		return min(8, after[call])
	}
	all := 0
	tallies := make([]tally, len(injections))
	t.Run("inject", func(t *testing.T) {
		for i, in := range injections {
			for _, n := range after {
				all += n
			}
			t.Run(in.name, func(t *testing.T) {
				t.Parallel()
				p := p
				p.out = filepath.Join(memory(t), "out")
				if err := os.CopyFS(p.out, os.DirFS(template)); err != nil {
					t.Fatal(err)
				}
				row := tallies[i].row("writer", in.name)
				for _, call := range calls {
					for _, n := range sample(after[call], share(call)) {
						if err := errors.Join(p.reset(), packet.put(packetOf(p.out))); err != nil {
							t.Fatal(err)
						}
						args := []string{"-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:%s:when=%d", call, in.how, before[call]+n)}
						if in.always != "" {
							args = append(args, "-e", "trace=all", "-e", "inject="+in.always)
						}
						log, exit := traced(t, p.out, args...)
						if !strings.Contains(log, "(INJECTED)") && !strings.Contains(log, "+++ killed by SIGKILL +++") {
							t.Errorf("%s of %s %d did not happen:\n%s", in.name, call, n, log)
							continue
						}
						p.ended = exit == 0
						got, err := p.check()
						if in.well && exit != 0 {
							err = errors.Join(err, fmt.Errorf("exit code %d", exit))
						}
						if err = errors.Join(err, p.packet(got), p.next()); err != nil {
							t.Errorf("%s of %s %d: %v", in.name, call, n, err)
						}
						row.count(call, got)
					}
				}
			})
		}
	})
	c := merge(calls, tallies)
	if c.tried() < 250 {
		t.Errorf("only %d faults were tried", c.tried())
	}
	t.Logf("%d of %d faults were tried; %s=1 tries them all%s", c.tried(), all, sweepEnv, c)
}

// sample gives so many of the numbers from 1 to n, evenly, the first and the last
// among them.
func sample(n, share int) []int {
	list := make([]int, share)
	for i := range list {
		list[i] = 1
		if share > 1 {
			list[i] += i * (n - 1) / (share - 1)
		}
	}
	return list
}

// packet wants the packet beside the run to open, and its own statement beside it
// or none: the new ones come after LATEST.
func (p promise) packet(got outcome) error {
	packet, err := LoadPacket(packetOf(p.out))
	if err != nil {
		return err
	}
	b, err := packet.Open()
	switch {
	case err != nil:
		return err
	case b.RunID() == "during" && got == getNew:
	case b.RunID() == "before" && !p.ended:
	default:
		return fmt.Errorf("the packet is that of run %s, readers get the %s run", b.RunID(), got)
	}
	v, err := VerifyPacket(packetOf(p.out), "")
	if err == nil && (!v.OK() || p.ended && v.Statement == "") {
		err = fmt.Errorf("VerifyPacket = %+v", v)
	}
	return err
}
