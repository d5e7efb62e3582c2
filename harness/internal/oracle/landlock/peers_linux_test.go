package landlock_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// peers is the other side: real processes and sockets under no policy.
type peers struct {
	t         *testing.T
	unique    string
	listening []oracle.Listener
	ports     []int     // TCP, the listener's last
	process   *exec.Cmd // one that may be ended
	stranger  *exec.Cmd // one that the model is not told of
	parent    bool      // the parent process belongs to whoever asks
	ipv6      bool
}

func newPeers(t *testing.T, seed uint64) *peers {
	p := &peers{t: t, unique: fmt.Sprintf("rtgen-%d-%d", os.Getpid(), seed), ports: []int{0, 40111, 40112, 40113}}
	p.listen("unix", "@"+p.unique+"-stream")
	p.listen("unixgram", "@"+p.unique+"-datagram")
	p.ports = append(p.ports, p.listen("tcp", "127.0.0.1:0").(*net.TCPAddr).Port)
	if ln, err := net.Listen("tcp", "[::1]:0"); err == nil {
		p.ipv6 = true
		ln.Close()
	}
	p.stranger = p.start()
	var st syscall.Stat_t
	if err := syscall.Stat("/proc/"+strconv.Itoa(os.Getppid()), &st); err == nil {
		p.parent = os.Getuid() == 0 || int(st.Uid) == os.Getuid()
	}
	t.Cleanup(func() {
		p.stop(p.process)
		p.stop(p.stranger)
	})
	return p
}

func (p *peers) listen(network, address string) net.Addr {
	p.t.Helper()
	var closer interface{ Close() error }
	var at net.Addr
	if network == "unixgram" {
		conn, err := net.ListenPacket(network, address)
		if err != nil {
			p.t.Fatal(err)
		}
		go func() { // or it would be full
			for buf := make([]byte, 64); ; {
				if _, _, err := conn.ReadFrom(buf); err != nil {
					return
				}
			}
		}()
		closer, at = conn, conn.LocalAddr()
	} else {
		ln, err := net.Listen(network, address)
		if err != nil {
			p.t.Fatal(err)
		}
		go accept(ln)
		closer, at = ln, ln.Addr()
	}
	p.t.Cleanup(func() { closer.Close() })
	p.listening = append(p.listening, oracle.Listener{Network: network, Address: address})
	return at
}

func accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.Close()
	}
}

// start runs a process that waits for its input, and so ends with this one.
func (p *peers) start() *exec.Cmd {
	p.t.Helper()
	cmd := exec.Command("cat")
	if _, err := cmd.StdinPipe(); err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	return cmd
}

func (p *peers) stop(cmd *exec.Cmd) {
	if cmd != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}
}

// outside is a process that is there.
func (p *peers) outside() int {
	if p.process == nil {
		p.process = p.start()
	}
	return p.process.Process.Pid
}

// renew replaces the process when it was ended.
func (p *peers) renew() {
	p.stop(p.process)
	p.process = nil
}

// known is what the model is told of.
func (p *peers) known(w *world) oracle.Peers {
	return oracle.Peers{Outside: []int{p.outside()}, Unique: p.unique, Listening: append(w.listening, p.listening...)}
}

// socket makes a name of a socket, that somebody may be behind.
func (w *world) socket(at string) error {
	switch {
	case w.rng.IntN(3) == 0 || len(at) > 107:
		return unix.Mknod(at, unix.S_IFSOCK|0o600, 0)
	case w.rng.IntN(2) == 0:
		conn, err := net.ListenPacket("unixgram", at)
		if err != nil {
			return err
		}
		w.held = append(w.held, conn)
		w.listening = append(w.listening, oracle.Listener{Network: "unixgram", Address: at})
		return nil
	}
	ln, err := net.Listen("unix", at)
	if err != nil {
		return err
	}
	go accept(ln)
	w.held = append(w.held, ln)
	w.listening = append(w.listening, oracle.Listener{Network: "unix", Address: at})
	return nil
}

// answering is where a stream or a datagram socket answers, several times over
// to be picked more often.
func (w *world) answering(stream bool) []string {
	var list []string
	for _, l := range w.listening {
		if stream == (l.Network == "unix") {
			list = append(list, l.Address, l.Address, l.Address)
		}
	}
	return list
}
