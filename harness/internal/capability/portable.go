package capability

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// patience bounds what could hang. It is long because it holds while the
// machine is busy too.
const patience = time.Minute

// loopback tries what the listener of a fixture does. On Linux that has an
// address of its own, so all of 127.0.0.0/8 must answer.
func loopback(host) string {
	missing := reach("127.0.0.1")
	if missing == "" && runtime.GOOS == "linux" {
		missing = reach("127.83.65.78")
	}
	return missing
}

func loopbackIPv6(host) string { return reach("::1") }

// reach listens on an address, and connects to that.
func reach(address string) string {
	var lc net.ListenConfig
	lc.SetMultipathTCP(false)
	ln, err := lc.Listen(context.Background(), "tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return err.Error()
	}
	defer ln.Close()
	d := net.Dialer{Timeout: patience}
	d.SetMultipathTCP(false)
	conn, err := d.Dial("tcp", ln.Addr().String())
	if err != nil {
		return err.Error()
	}
	conn.Close()
	return ""
}

// compilers are the names of C compilers, the most usual first.
var compilers = []string{"cc", "gcc", "clang"}

// compiler finds a C compiler and has it compile the empty program.
func compiler(h host) string {
	for _, name := range compilers {
		if path, err := exec.LookPath(name); err == nil {
			return compile(path, h.scratch)
		}
	}
	return "no C compiler in PATH: none of " + strings.Join(compilers, ", ")
}

func compile(cc, scratch string) string {
	dir, err := os.MkdirTemp(scratch, "cc")
	if err != nil {
		return err.Error()
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	program := filepath.Join(dir, "empty")
	cmd := exec.CommandContext(ctx, cc, "-x", "c", "-o", program, "-")
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader("int main(void) { return 0; }\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		first, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
		return strings.TrimSuffix(fmt.Sprintf("%s cannot compile the empty program: %v: %s", cc, err, first), ": ")
	}
	if out, err := exec.CommandContext(ctx, program).CombinedOutput(); err != nil {
		return strings.TrimSuffix(fmt.Sprintf("the program that %s compiled does not run: %v: %s", cc, err, bytes.TrimSpace(out)), ": ")
	}
	return ""
}
