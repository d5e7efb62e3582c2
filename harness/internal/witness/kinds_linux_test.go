package witness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func tcp(family int, do func(fd int) error) func() error {
	return func() error {
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return do(fd)
	}
}

// Each kind of record, as this kernel writes it.
func TestKinds(t *testing.T) {
	r := open(t)
	plain := file(t, "plain")
	odd := file(t, "a b\n\"c\"\xff\t'é")
	child := sleeper(t)
	abstract := fmt.Sprintf("@%s x", newTag())
	listener := listen(t, abstract)
	v4 := func(port int) *unix.SockaddrInet4 {
		return &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
	}
	v6 := func(port int) *unix.SockaddrInet6 {
		return &unix.SockaddrInet6{Port: port, Addr: [16]byte{15: 1}}
	}
	for _, c := range []struct {
		name    string
		layers  []layer
		attempt func() error
		errno   error
		want    Denial
	}{
		{"read", []layer{noReads}, opens(plain), unix.EACCES,
			Denial{Blockers: []string{"fs.read_file"}, Path: plain, Ino: inode(t, plain)}},
		{"odd_name", []layer{noReads}, opens(odd), unix.EACCES,
			Denial{Blockers: []string{"fs.read_file"}, Path: odd, Ino: inode(t, odd)}},
		{"two_rights", []layer{{fs: noReads.fs | noWrites.fs}}, func() error {
			_, err := unix.Open(plain, unix.O_RDWR, 0)
			return err
		}, unix.EACCES, Denial{Blockers: []string{"fs.write_file", "fs.read_file"}, Path: plain, Ino: inode(t, plain)}},
		{"make", []layer{{fs: unix.LANDLOCK_ACCESS_FS_MAKE_DIR}}, func() error {
			return unix.Mkdir(plain+".d", 0o755)
		}, unix.EACCES, Denial{Blockers: []string{"fs.make_dir"}, Path: filepath.Dir(plain), Ino: inode(t, filepath.Dir(plain))}},
		{"older_layer", []layer{noReads, noWrites, noTCP}, opens(plain), unix.EACCES,
			Denial{Layer: 0, Blockers: []string{"fs.read_file"}, Path: plain, Ino: inode(t, plain)}},
		{"youngest_layer", []layer{noReads, noReads, noWrites}, opens(plain), unix.EACCES,
			Denial{Layer: 1, Blockers: []string{"fs.read_file"}, Path: plain, Ino: inode(t, plain)}},
		{"bind_v4", []layer{noTCP}, tcp(unix.AF_INET, func(fd int) error { return unix.Bind(fd, v4(4711)) }), unix.EACCES,
			Denial{Blockers: []string{"net.bind_tcp"}, SAddr: "127.0.0.1", SPort: 4711}},
		{"bind_v4_any", []layer{noTCP}, tcp(unix.AF_INET, func(fd int) error { return unix.Bind(fd, &unix.SockaddrInet4{Port: 4711}) }), unix.EACCES,
			Denial{Blockers: []string{"net.bind_tcp"}, SPort: 4711}},
		{"bind_v4_port_0", []layer{noTCP}, tcp(unix.AF_INET, func(fd int) error { return unix.Bind(fd, v4(0)) }), unix.EACCES,
			Denial{Blockers: []string{"net.bind_tcp"}, SAddr: "127.0.0.1"}},
		{"connect_v4", []layer{noTCP}, tcp(unix.AF_INET, func(fd int) error { return unix.Connect(fd, v4(9)) }), unix.EACCES,
			Denial{Blockers: []string{"net.connect_tcp"}, DAddr: "127.0.0.1", DPort: 9}},
		{"bind_v6", []layer{noTCP}, tcp(unix.AF_INET6, func(fd int) error { return unix.Bind(fd, v6(4711)) }), unix.EACCES,
			Denial{Blockers: []string{"net.bind_tcp"}, SAddr: "::1", SPort: 4711}},
		{"connect_v6", []layer{noTCP}, tcp(unix.AF_INET6, func(fd int) error { return unix.Connect(fd, v6(9)) }), unix.EACCES,
			Denial{Blockers: []string{"net.connect_tcp"}, DAddr: "::1", DPort: 9}},
		{"signal", []layer{scoped}, func() error { return unix.Kill(child, 0) }, unix.EPERM,
			Denial{Blockers: []string{"scope.signal"}, OPID: child, OComm: "sleep"}},
		{"abstract_stream", []layer{scoped}, func() error {
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			defer unix.Close(fd)
			return unix.Connect(fd, &unix.SockaddrUnix{Name: abstract})
		}, unix.EPERM, Denial{Blockers: []string{"scope.abstract_unix_socket"}, Socket: abstract}},
		{"ptrace", []layer{noWrites}, func() error {
			var b [1]byte
			_, err := unix.ProcessVMReadv(child, []unix.Iovec{{Base: &b[0], Len: 1}}, []unix.RemoteIovec{{Base: 0x1000, Len: 1}}, 0)
			return err
		}, unix.EPERM, Denial{Blockers: []string{"ptrace"}, OPID: child, OComm: "sleep"}},
		{"topology", []layer{noWrites}, func() error {
			return unix.Mount("tmpfs", filepath.Dir(plain), "tmpfs", 0, "")
		}, unix.EPERM, Denial{Blockers: []string{"fs.change_topology"}, Path: filepath.Dir(plain), Ino: inode(t, filepath.Dir(plain))}},
		{"topology_umount", []layer{noWrites}, func() error { return unix.Unmount("/", unix.MNT_DETACH) }, unix.EPERM,
			Denial{Blockers: []string{"fs.change_topology"}, Name: "/", Ino: inode(t, "/")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tag := newTag()
			r.Watch(tag)
			defer r.Forget(tag)
			err := under(t, tag, c.layers, func() error {
				// A mount that is not denied must not reach the machine.
				if strings.HasPrefix(c.name, "topology") {
					if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
						return err
					}
				}
				return c.attempt()
			})
			if errors.Is(err, unix.EAFNOSUPPORT) {
				t.Skip("needs IPv6")
			}
			if !errors.Is(err, c.errno) {
				t.Fatalf("attempt: %v, want %v", err, c.errno)
			}
			f, err := r.Collect(t.Context(), tag, plenty)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Denials) != 1 || !f.Complete && len(f.Losses) == 0 {
				t.Fatalf("= %+v, want one denial", f)
			}
			got := f.Denials[0]
			if got.Serial == 0 || got.Domain == "" || got.PID != os.Getpid() {
				t.Errorf("= %+v", got)
			}
			if c.want.Ino != 0 && got.Dev == "" {
				t.Errorf("no device: %+v", got)
			}
			got.Serial, got.Domain, got.PID, got.Dev = 0, "", 0, ""
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	runtime.KeepAlive(listener)
}

// Whatever layer denied, the log names it as the one that was put on.
func TestEveryLayer(t *testing.T) {
	r := open(t)
	plain := file(t, "plain")
	born, err := landlock.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for at := range landlock.MaxLayers - born {
		layers := make([]landlock.Ruleset, landlock.MaxLayers-born)
		for i := range layers {
			layers[i].HandledFS = landlock.MakeSym
		}
		layers[at].HandledFS = landlock.ReadFile
		tag := newTag()
		r.Watch(tag)
		landlock.Throwaway(func() {
			h, _, err := landlock.Hold(layers, "")
			if err != nil {
				t.Error(err)
				return
			}
			defer h.Close()
			if _, err := h.Apply("", landlock.Options{Tag: tag}); err != nil {
				t.Error(err)
			}
			if err := opens(plain)(); !errors.Is(err, unix.EACCES) {
				t.Errorf("attempt: %v, want %v", err, unix.EACCES)
			}
		})
		f, err := r.Await(t.Context(), tag, plenty)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Denials[0].Layer; got != at {
			t.Errorf("layer %d, want %d", got, at)
		}
		r.Forget(tag)
	}
}

// sleeper starts a process outside every domain.
func sleeper(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("sleep", "300")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd.Process.Pid
}

func listen(t *testing.T, name string) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrUnix{Name: name})
	}
	if err == nil {
		err = unix.Listen(fd, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}
