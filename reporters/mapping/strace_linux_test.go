package mapping

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// promoteEnv makes the test binary a promotion: ROOT OUT PACKET...
const promoteEnv = "MAPPING_TEST_PROMOTE"

func init() {
	args := strings.Split(os.Getenv(promoteEnv), "\n")
	if len(args) < 3 {
		return
	}
	if _, err := Promote(Options{Root: args[0], Out: args[1], Packets: args[2:]}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

var calls = regexp.MustCompile(`(syncfs|fsync|renameat2|renameat|rename|unlinkat|unlink)\((.*)`)

// A real promotion asks the kernel for what the steps promise, in their order:
// the receipt stays before anything is made, the mappings before they get their
// place, and that before the old ones go.
func TestSystemCalls(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	g := newGenerations(t)
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "m"), os.DirFS(g.kept)); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "log")
	cmd := exec.Command(strace, "-f", "-y", "-o", log, "-e", "trace=syncfs,fsync,/rename,/unlink", exe)
	cmd.Env = append(os.Environ(), promoteEnv+"="+strings.Join(append([]string{g.w.root, filepath.Join(dir, "m")}, g.new...), "\n"))
	if text, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(text), "ptrace") || strings.Contains(string(text), "PTRACE") {
			t.Skipf("cannot trace: %s", text)
		}
		t.Fatalf("%v: %s", err, text)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(data)) {
		call := calls.FindStringSubmatch(line)
		if call == nil {
			continue
		}
		what := ""
		switch name, args := call[1], call[2]; {
		case strings.Contains(args, ".m.receipt-") && name == "fsync":
			what = "sync receipt"
		case strings.Contains(args, "/m/"+ReceiptFile):
			what = "rename receipt"
		case name == "fsync" && strings.Contains(args, dir+"/m>"):
			what = "sync m"
		case name == "syncfs":
			what = "sync all"
		case strings.Contains(args, "RENAME_EXCHANGE"):
			what = "exchange"
		case name == "fsync" && strings.Contains(args, dir+">"):
			what = "sync parent"
		case strings.HasPrefix(name, "unlink") && strings.Contains(args, "/.m.ready-"):
			what = "remove old"
		}
		if what != "" {
			got = append(got, what)
		}
	}
	want := []string{"sync receipt", "rename receipt", "sync m", "sync all", "exchange", "sync parent", "remove old"}
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("system calls %q\nwant         %q\n%s", got, want, data)
	}
}
