package bundle_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rtgen/rtgen/harness/bundle"
)

func TestCommitWritesTheContractsFiles(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	st, err := bundle.Create(out, options("r1"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if got := read(t, st.Dir(), bundle.StatusFile); !strings.Contains(got, `"state": "in_progress"`) {
		t.Errorf("run_status before commit: %s", got)
	}
	if err := st.Write("summary.md", nil, []byte("# Run\n")); err != nil {
		t.Fatal(err)
	}
	schema := "runtime-tools.fixtures.v0.1"
	if err := st.Write("fixtures.json", &schema, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := st.Commit(bundle.StatusPartial); err != nil {
		t.Fatal(err)
	}
	status := read(t, st.Dir(), bundle.StatusFile)
	var parsed struct {
		PID int `json:"writer_pid"`
	}
	if err := json.Unmarshal([]byte(status), &parsed); err != nil || parsed.PID != os.Getpid() {
		t.Errorf("writer_pid = %d, %v, want %d", parsed.PID, err, os.Getpid())
	}
	wantStatus := `{
  "schema_version": "runtime-tools.run_status.v0.1",
  "run_id": "r1",
  "world_id": "` + linuxWorld + `",
  "channel": "spawn_clean",
  "plan_id": "demo.v1",
  "plan_digest": "` + strings.Repeat("ab", 32) + `",
  "state": "complete",
  "writer_pid": PID,
  "updated_at_unix": 1767459285.07,
  "error": null,
  "failure_stage": null
}`
	if diff := cmp.Diff(strings.Replace(wantStatus, "PID", jsonInt(parsed.PID), 1), status); diff != "" {
		t.Errorf("run_status (-want +got):\n%s", diff)
	}
	wantIndex := `{
  "schema_version": "runtime-tools.artifact_index.v0.1",
  "run_id": "r1",
  "world_id": "` + linuxWorld + `",
  "artifacts": [
    {
      "path": "out/r1/run_status.json",
      "file_size": ` + jsonInt(len(status)) + `,
      "sha256": "` + bundle.DigestOf([]byte(status)).String() + `",
      "schema_version": "runtime-tools.run_status.v0.1"
    },
    {
      "path": "out/r1/summary.md",
      "file_size": 6,
      "sha256": "` + bundle.DigestOf([]byte("# Run\n")).String() + `",
      "schema_version": null
    },
    {
      "path": "out/r1/fixtures.json",
      "file_size": 2,
      "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      "schema_version": "runtime-tools.fixtures.v0.1"
    }
  ],
  "missing": [],
  "status": "ok"
}`
	if diff := cmp.Diff(wantIndex, read(t, st.Dir(), bundle.IndexFile)); diff != "" {
		t.Errorf("index (-want +got):\n%s", diff)
	}
	if got := read(t, out, bundle.LatestFile); got != "r1\n" {
		t.Errorf("LATEST = %q", got)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(out, "*", ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if b, err := bundle.Load(out); err != nil || b.RunID() != "r1" {
		t.Errorf("Load = %+v, %v", b, err)
	}
}

func jsonInt(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func TestLatestMovesOnlyForRunsThatMayBeRead(t *testing.T) {
	tests := map[string]struct {
		change func(*run)
		moves  bool
		loads  bool // by its run folder
		state  bundle.State
	}{
		"ok":      {func(r *run) {}, true, true, bundle.StateComplete},
		"partial": {func(r *run) { r.status = bundle.StatusPartial }, true, true, bundle.StateComplete},
		"dry":     {func(r *run) { r.status = bundle.StatusDry }, false, true, bundle.StateComplete},
		"failed":  {func(r *run) { r.status = bundle.StatusFailed }, false, false, bundle.StateFailed},
		"fail":    {func(r *run) { r.fail = errors.New("worker lost") }, false, false, bundle.StateFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			newRun("before").write(t, out)
			r := newRun("after")
			tt.change(r)
			dir := r.write(t, out)
			if moved := read(t, out, bundle.LatestFile) == "after\n"; moved != tt.moves {
				t.Errorf("LATEST moved: %v, want %v", moved, tt.moves)
			}
			if _, err := bundle.Load(dir); (err == nil) != tt.loads {
				t.Errorf("Load(run folder) = %v, want loads %v", err, tt.loads)
			}
			v, err := bundle.Validate(dir)
			if err != nil || !v.OK() || v.State != tt.state {
				t.Errorf("Validate = %+v, %v, want no findings and state %s", v, err, tt.state)
			}
			if _, err := bundle.Load(out); err != nil {
				t.Errorf("Load(out folder) = %v", err)
			}
		})
	}
}

func TestFailRecordsWhy(t *testing.T) {
	tests := map[string]struct {
		cause error
		want  string
	}{
		"error":       {errors.New("worker lost"), `"error": "worker lost",` + "\n  " + `"failure_stage": "exception"`},
		"interrupted": {context.Canceled, `"failure_stage": "interrupted"`},
		"no_reason":   {nil, `"error": "no reason given"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			st, err := bundle.Create(t.TempDir(), options("r1"))
			if err != nil {
				t.Fatal(err)
			}
			st.Expect("runtime_results.json", bundle.StatusFile)
			if err := errors.Join(st.Fail(tt.cause), st.Close()); err != nil {
				t.Fatal(err)
			}
			if got := read(t, st.Dir(), bundle.StatusFile); !strings.Contains(got, tt.want) || !strings.Contains(got, `"state": "failed"`) {
				t.Errorf("run_status lacks %s:\n%s", tt.want, got)
			}
			v, err := bundle.Validate(st.Dir())
			if err != nil || v.OK() || len(v.Findings) != 1 || v.Findings[0].Code != bundle.ListedMissing {
				t.Errorf("Validate = %+v, %v, want the missing artifact and nothing else", v, err)
			}
		})
	}
}

func TestCloseWithoutCommitIsAFailedRun(t *testing.T) {
	out := t.TempDir()
	st, err := bundle.Create(out, options("r1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(st.Close(), st.Close()); err != nil {
		t.Fatal(err)
	}
	v, err := bundle.Validate(st.Dir())
	if err != nil || !v.OK() || v.Status != bundle.IndexFailed {
		t.Errorf("Validate = %+v, %v, want an honest failed bundle", v, err)
	}
	if _, err := os.Lstat(filepath.Join(out, bundle.LatestFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("LATEST: %v, want none", err)
	}
	if err := st.Write("late.json", nil, nil); err == nil {
		t.Error("Write after Close was taken")
	}
	if err := st.Commit(bundle.StatusOK); err == nil {
		t.Error("Commit after Close was taken")
	}
}

func TestStageWithAFolder(t *testing.T) {
	out := t.TempDir()
	st, err := bundle.Create(out, options("r1"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, name := range []string{"texts/a.sb", "texts/b.sb", "texts/-x.a%2fb~0.sb"} {
		if err := st.Write(name, nil, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Commit(bundle.StatusOK); err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := b.Read("texts/b.sb"); err != nil || string(data) != "texts/b.sb" {
		t.Errorf("Read = %q, %v", data, err)
	}
	put(t, "other", st.Dir(), "texts", "a.sb")
	if _, err := bundle.Load(out); err == nil {
		t.Error("Load took a bundle whose folder holds another file than its index says")
	}
}

func TestStageRefuses(t *testing.T) {
	out := t.TempDir()
	for _, id := range []string{"", ".", "..", "a/b", `a\b`, "../r", "-r", ".r", "LATEST", "latest", "promotion_packet.json", "Promotion_Packet.intoto.json", "r 1", "r\n", "é", strings.Repeat("r", 129)} {
		if st, err := bundle.Create(out, options(id)); err == nil {
			t.Errorf("Create took run id %q", id)
			_ = st.Close()
		}
	}
	st, err := bundle.Create(out, options("r1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "..", "a/b/c.json", "../b.json", "/b.json", "a/", "a/.b", "r1/b.json", ".hidden", bundle.StatusFile, bundle.IndexFile, "x\x00", strings.Repeat("n", 201)} {
		if err := st.Write(name, nil, nil); err == nil {
			t.Errorf("Write took the name %q", name)
		}
	}
	if err := st.Write("twice.json", nil, []byte("1")); err != nil {
		t.Fatal(err)
	}
	if err := st.Write("twice.json", nil, []byte("2")); err == nil {
		t.Error("Write took a name twice")
	}
	st.Expect("never.json")
	if err := st.Commit(bundle.StatusOK); err == nil || !strings.Contains(err.Error(), "never.json") {
		t.Errorf("Commit = %v, want the missing artifact named", err)
	}
	if err := st.Commit("fine"); err == nil {
		t.Error("Commit took an unknown status")
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Create(out, options("r1")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create over a run folder = %v, want fs.ErrExist", err)
	}
	if _, err := bundle.Create(out, bundle.Options{RunID: "r2", LockMode: "maybe"}); err == nil {
		t.Error("Create took an unknown lock mode")
	}
}

func TestCreateWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	put(t, "", file)
	for _, out := range []string{file, filepath.Join(file, "out")} {
		_, err := bundle.Create(out, options("r1"))
		if err == nil || !strings.Contains(err.Error(), "choose an out folder that can be written") {
			t.Errorf("Create(%s) = %v, want the fix named", out, err)
		}
	}
}

func TestCreateMakesTheFoldersAbove(t *testing.T) {
	root := t.TempDir()
	out := filepath.Join(root, "a", "b", "out")
	newRun("r1").write(t, out)
	if b, err := bundle.Load(out); err != nil || b.RunID() != "r1" {
		t.Errorf("Load = %v, %v", b, err)
	}
	link := filepath.Join(root, "link")
	if err := os.Symlink(out, link); err != nil {
		t.Fatal(err)
	}
	newRun("r2").write(t, link)
	if b, err := bundle.Load(out); err != nil || b.RunID() != "r2" {
		t.Errorf("through a symlink: Load = %v, %v", b, err)
	}
	nowhere := filepath.Join(root, "nowhere")
	if err := os.Symlink(filepath.Join(root, "gone"), nowhere); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Create(nowhere, options("r3")); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "make out folder") {
		t.Errorf("Create(link to nowhere) = %v, want it refused as the out folder", err)
	}
}

// Whatever an out folder is called, what is committed in it can be read.
func TestOutFolderNames(t *testing.T) {
	for _, name := range []string{"2026-11-27T12:40", `back\slash`, "C:", "r1", "-rf", "a b", "line\nbreak", "\u00fcber", "\xff", "LATEST", strings.Repeat("x", 200)} {
		out := filepath.Join(t.TempDir(), name)
		newRun("r1").write(t, out)
		if _, err := bundle.Load(out); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if l, err := bundle.ListRuns(out); err != nil || !l.OK() || len(l.Runs) != 1 || l.Runs[0].Standing != bundle.StandingCommitted {
			t.Errorf("%q: listed %+v, %v", name, l, err)
		}
		p, err := bundle.Emit(out, filepath.Join(out, bundle.PacketFile), true)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if _, err := p.Open(); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if v, err := bundle.VerifyPacket(filepath.Join(out, bundle.PacketFile), ""); err != nil || !v.OK() {
			t.Errorf("%q: verified %+v, %v", name, v, err)
		}
	}
}
