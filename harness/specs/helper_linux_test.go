package specs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
)

// shared is where programs that several tests use are built, once.
var shared string

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "specs-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(shared)
	os.Exit(code)
}

// needGo skips where there is no Go toolchain: the suites themselves need none.
func needGo(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("no go command to build suites with: %v", err)
	}
}

// environ is the environment without what would steer a suite or the go command
// from outside.
func environ(extra ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		for _, prefix := range []string{"RTGEN_", "GINKGO_", "GOFLAGS=", "PWD="} {
			if strings.HasPrefix(kv, prefix) {
				return true
			}
		}
		return false
	})
	return append(env, extra...)
}

// repository is the module's folder.
func repository(t testing.TB) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// build builds a program once for all tests.
func build(t testing.TB, dir, name string, args ...string) string {
	t.Helper()
	needGo(t)
	file := filepath.Join(shared, name)
	if _, err := os.Stat(file); err == nil {
		return file
	}
	cmd := exec.Command("go", append(args[:1:1], append([]string{"-o", file}, args[1:]...)...)...)
	cmd.Dir, cmd.Env = dir, environ("GOFLAGS=-mod=mod")
	if dir == repository(t) {
		cmd.Env = environ("GOFLAGS=-mod=readonly")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return file
}

// workspaceSuite is the test binary of the repository's own suite.
func workspaceSuite(t testing.TB) string {
	t.Helper()
	return build(t, repository(t), "workspace.test", "test", "-c", "-vet=off", "-ldflags=-w", "./suites/agent-workspace")
}

// ginkgoCommand is Ginkgo's own command.
func ginkgoCommand(t testing.TB) string {
	t.Helper()
	return build(t, repository(t), "ginkgo", "build", "-ldflags=-w", "github.com/onsi/ginkgo/v2/ginkgo")
}

// module makes a module outside the repository, with the same dependencies, a
// plan in plan/ and its generated suite in suite/.
func module(t testing.TB, p harnesstest.Plan) string {
	t.Helper()
	needGo(t)
	dir, root := t.TempDir(), repository(t)
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(string(gomod), "module example.test/suites")
	text = regexp.MustCompile(`(?ms)^tool \(.*?^\)$`).ReplaceAllString(text, "")
	text += fmt.Sprintf("\nrequire github.com/rtgen/rtgen v0.0.0\n\nreplace github.com/rtgen/rtgen => %s\n", root)
	gosum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Write(filepath.Join(dir, "plan")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), []byte(text))
	write(t, filepath.Join(dir, "go.sum"), gosum)
	compileSuite(t, dir)
	return dir
}

// compileSuite is rtgen compile for the plan of such a module.
func compileSuite(t testing.TB, dir string) {
	t.Helper()
	compiled, err := harness.CompilePlan(harness.Source{}, filepath.Join(dir, "plan", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := harness.GenerateSuite(compiled, "plan/plan.json", "../plan/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		write(t, filepath.Join(dir, "suite", f.Name), f.Data)
	}
}

func write(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// command is a program that is to run; a test's end ends it.
func command(t testing.TB, dir string, env []string, name string, args ...string) (*exec.Cmd, *output) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.WaitDelay = 5 * time.Second
	var out output
	cmd.Stdout, cmd.Stderr = &out, &out
	return cmd, &out
}

// output may be read while the program writes it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// pass runs a program that must succeed and gives what it printed.
func pass(t testing.TB, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd, out := command(t, dir, env, name, args...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return out.String()
}

// fail runs a program that must not succeed and gives what it printed.
func fail(t testing.TB, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd, out := command(t, dir, env, name, args...)
	if err := cmd.Run(); err == nil {
		t.Fatalf("%v: succeeds\n%s", cmd, out)
	}
	return out.String()
}

// runs lists the run folders of an out folder.
func runs(t testing.TB, out string) []string {
	t.Helper()
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() {
			ids = append(ids, e.Name())
		}
	}
	return ids
}

// decisions reads from a verified bundle what every lane decided about every
// scenario.
func decisions(t testing.TB, path string) map[string]string {
	t.Helper()
	b, err := harness.LoadBundle(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	var scenario map[string]struct {
		Probes []struct {
			ID     string  `json:"expectation_id"`
			Actual *string `json:"actual"`
		}
	}
	read(t, b, "runtime_results.json", &scenario)
	for _, p := range scenario {
		for _, probe := range p.Probes {
			found["scenario "+probe.ID] = or(probe.Actual, "none")
		}
	}
	var baseline struct {
		Results []struct{ Name, Status string }
	}
	read(t, b, "baseline_results.json", &baseline)
	for _, r := range baseline.Results {
		found[r.Name] = r.Status
	}
	var oracle struct {
		Results []struct {
			ID       string  `json:"expectation_id"`
			Decision *string `json:"decision"`
		}
	}
	read(t, b, "oracle_results.json", &oracle)
	for _, r := range oracle.Results {
		found["oracle "+r.ID] = or(r.Decision, "none")
	}
	return found
}

func or(s *string, otherwise string) string {
	if s == nil {
		return otherwise
	}
	return *s
}

func read(t testing.TB, b *harness.RunBundle, name string, into any) {
	t.Helper()
	data, err := b.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func eventually(t testing.TB, limit time.Duration, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

var discard = io.Discard
