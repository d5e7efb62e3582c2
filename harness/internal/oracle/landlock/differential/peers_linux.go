package differential

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// sockets is what answers on the host, under no policy.
type sockets struct {
	unique    string
	listening []oracle.Listener
	ports     []int // TCP, the listener's last
	ipv6      bool
	held      []io.Closer
}

func newSockets(seed uint64) (*sockets, error) {
	s := &sockets{unique: fmt.Sprintf("rtgen-%d-%d-%x", os.Getpid(), seed, rand.Uint32()), ports: []int{0, 40111, 40112, 40113}}
	if _, err := s.listen("unix", "@"+s.unique+"-stream"); err != nil {
		return s, err
	}
	if _, err := s.listen("unixgram", "@"+s.unique+"-datagram"); err != nil {
		return s, err
	}
	at, err := s.listen("tcp", "127.0.0.1:0")
	if err != nil {
		return s, err
	}
	s.ports = append(s.ports, at.(*net.TCPAddr).Port)
	if ln, err := net.Listen("tcp", "[::1]:0"); err == nil {
		s.ipv6 = true
		ln.Close()
	}
	return s, nil
}

func (s *sockets) listen(network, address string) (net.Addr, error) {
	var at net.Addr
	if network == "unixgram" {
		conn, err := net.ListenPacket(network, address)
		if err != nil {
			return nil, err
		}
		go drain(conn)
		s.held, at = append(s.held, conn), conn.LocalAddr()
	} else {
		ln, err := net.Listen(network, address)
		if err != nil {
			return nil, err
		}
		go accept(ln)
		s.held, at = append(s.held, ln), ln.Addr()
	}
	s.listening = append(s.listening, oracle.Listener{Network: network, Address: address})
	return at, nil
}

// drain reads datagrams, or the socket would be full.
func drain(conn net.PacketConn) {
	for buf := make([]byte, 64); ; {
		if _, _, err := conn.ReadFrom(buf); err != nil {
			return
		}
	}
}

func (s *sockets) close() {
	for _, c := range s.held {
		c.Close()
	}
}

// processes is what a worker's operations reach: real processes under no policy.
type processes struct {
	process  *exec.Cmd // one that may be ended, nil before it is there
	stranger *exec.Cmd // one that the model is not told of
	parent   bool      // the parent process belongs to whoever asks
}

func newProcesses() (*processes, error) {
	p := &processes{}
	var st syscall.Stat_t
	if err := syscall.Stat("/proc/"+strconv.Itoa(os.Getppid()), &st); err == nil {
		p.parent = os.Getuid() == 0 || int(st.Uid) == os.Getuid()
	}
	var err, more error
	p.process, err = waiting()
	p.stranger, more = waiting()
	return p, errors.Join(err, more)
}

// waiting starts a process that waits for its input, and so ends with this one.
func waiting() (*exec.Cmd, error) {
	cmd := exec.Command("cat")
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return cmd, cmd.Start()
}

func stop(cmd *exec.Cmd) {
	if cmd != nil && cmd.Process != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}
}

// outside is a process that is there.
func (p *processes) outside() int { return p.process.Process.Pid }

// renew replaces the process when it was ended.
func (p *processes) renew() (err error) {
	stop(p.process)
	p.process, err = waiting()
	return err
}

func (p *processes) close() {
	stop(p.process)
	stop(p.stranger)
}
