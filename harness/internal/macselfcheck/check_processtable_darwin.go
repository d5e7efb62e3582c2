package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

var processTableChecks = map[string]check{
	"process-list": checkProcessList,
	"peer":         checkPeer,
}

func checkProcessList() (string, error) {
	child := exec.Command("/bin/sleep", "30")
	if err := child.Start(); err != nil {
		return "", unchecked("%v", err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return "", fmt.Errorf("kern.proc.all: %w", err)
	}
	own, err := unix.Getsid(0)
	if err != nil {
		return "", unchecked("getsid: %v", err)
	}
	for i := range all {
		if int(all[i].Proc.P_pid) != child.Process.Pid {
			continue
		}
		session, err := unix.Getsid(child.Process.Pid)
		if parent := int(all[i].Eproc.Ppid); parent != os.Getpid() || session != own || err != nil {
			return "", fmt.Errorf("child %d has parent %d and session %d, %v; wanted %d and %d", child.Process.Pid, parent, session, err, os.Getpid(), own)
		}
		return fmt.Sprintf("%d processes, the child has its parent and session", len(all)), nil
	}
	return "", fmt.Errorf("child %d is not among %d processes", child.Process.Pid, len(all))
}

func checkPeer() (string, error) {
	dir, remove, err := folder(privateTemp)
	if err != nil {
		return "", err
	}
	defer remove()
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		return "", unchecked("%v", err)
	}
	defer l.Close()
	client, err := net.Dial("unix", path)
	if err != nil {
		return "", unchecked("%v", err)
	}
	defer client.Close()
	conn, err := l.Accept()
	if err != nil {
		return "", unchecked("%v", err)
	}
	defer conn.Close()
	f, err := conn.(*net.UnixConn).File()
	if err != nil {
		return "", unchecked("%v", err)
	}
	defer f.Close()
	cred, err := unix.GetsockoptXucred(int(f.Fd()), unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return "", fmt.Errorf("LOCAL_PEERCRED: %w", err)
	}
	pid, err := unix.GetsockoptInt(int(f.Fd()), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	if err != nil {
		return "", fmt.Errorf("LOCAL_PEERPID: %w", err)
	}
	if pid != os.Getpid() || int(cred.Uid) != os.Geteuid() {
		return "", fmt.Errorf("process %d of user %d, wanted %d of %d", pid, cred.Uid, os.Getpid(), os.Geteuid())
	}
	return fmt.Sprintf("process %d of user %d", pid, cred.Uid), nil
}
