package launchdtest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"howett.net/plist"
)

// The names of the programs. The keeper is what is each job's parent.
const (
	launchctl = "launchctl"
	plutil    = "plutil"
	logShow   = "log"
	keeper    = "keeper"
)

var programs = []string{launchctl, plutil, logShow, keeper}

// What is in their folder.
const (
	answersFile = "answers.json"
	callsFile   = "calls"
	loadedDir   = "loaded"
)

// Main takes over a process that was started as one of the programs.
func Main() {
	dir, name := filepath.Split(os.Args[0])
	if !filepath.IsAbs(dir) || !slices.Contains(programs, name) {
		return
	}
	if syscall.Getpgrp() != os.Getpid() {
		panic(name + " is in the process group of who asks it, and would be interrupted with them")
	}
	p := program{dir: dir, args: os.Args[1:]}
	if name == keeper {
		exit(p.keep(os.Args[1]))
	}
	call := name + " " + strings.Join(p.args, " ")
	p.note(call)
	if a, told := p.told(call); told {
		fmt.Print(a.Stdout)
		fmt.Fprint(os.Stderr, a.Stderr)
		if a.RC < 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		exit(a.RC)
	}
	switch name {
	case plutil:
		exit(p.lint())
	case logShow:
		fmt.Println("Timestamp               Ty Process[PID:TID]")
		exit(0)
	}
	exit(p.launchctl())
}

// exit is os.Exit without the second that a program under the race detector takes
// for its end.
func exit(code int) { syscall.Exit(code) }

// Secret is in the environment that print shows of each job.
const Secret = "s3cr3t"

type program struct {
	dir  string
	args []string
}

func (p *program) note(call string) {
	f, err := os.OpenFile(filepath.Join(p.dir, callsFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = fmt.Fprintln(f, call)
	}
	if err != nil {
		panic(err)
	}
}

func (p *program) told(call string) (Answer, bool) {
	var answers []Answer
	data, err := os.ReadFile(filepath.Join(p.dir, answersFile))
	if err == nil {
		err = json.Unmarshal(data, &answers)
	}
	if err != nil && !os.IsNotExist(err) {
		panic(err)
	}
	i := slices.IndexFunc(answers, func(a Answer) bool { return strings.HasPrefix(call, a.Asked) })
	if i < 0 {
		return Answer{}, false
	}
	return answers[i], true
}

// list is what launchd reads of a property list. It takes nothing it does not
// know.
type list struct {
	Label, Program, WorkingDirectory   string
	ProgramArguments                   []string
	EnvironmentVariables               map[string]string
	StandardOutPath, StandardErrorPath string
	LimitLoadToSessionType             string
	ProcessType                        string
	RunAtLoad, AbandonProcessGroup     bool
	ExitTimeOut, Umask                 int
}

func readList(path string) (*list, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	l := new(list)
	if _, err := plist.Unmarshal(data, l); err != nil {
		return nil, err
	}
	var all map[string]any
	if _, err := plist.Unmarshal(data, &all); err != nil {
		return nil, err
	}
	known, err := plist.Marshal(l, plist.XMLFormat)
	if err != nil {
		return nil, err
	}
	for key := range all {
		if !strings.Contains(string(known), "<key>"+key+"</key>") {
			return nil, fmt.Errorf("unknown key %s", key)
		}
	}
	return l, nil
}

func (p *program) lint() int {
	path := p.args[len(p.args)-1]
	if _, err := readList(path); err != nil {
		fmt.Printf("%s: (%v)\n", path, err)
		return 1
	}
	fmt.Printf("%s: OK\n", path)
	return 0
}

func fail(what string, number int, words string) int {
	fmt.Fprintf(os.Stderr, "%s failed: %d: %s\n", what, number, words)
	return number
}

func (p *program) launchctl() int {
	switch {
	case len(p.args) == 2 && p.args[0] == "print":
		return p.print(p.args[1])
	case len(p.args) == 3 && p.args[0] == "bootstrap":
		return p.bootstrap(p.args[1], p.args[2])
	case len(p.args) == 2 && p.args[0] == "bootout":
		return p.bootout(p.args[1])
	}
	fmt.Fprintln(os.Stderr, "Unrecognized subcommand:", p.args)
	return 64
}

func (p *program) print(target string) int {
	if strings.Count(target, "/") == 1 && !strings.HasPrefix(target, "system/") { // every domain is there
		fmt.Printf("%s = {\n\ttype = login\n}\n", target)
		return 0
	}
	s, err := p.load(target)
	if err != nil {
		fmt.Fprintf(os.Stderr, "Bad request.\nCould not find service \"%s\" in domain\n", filepath.Base(target))
		return 113
	}
	fmt.Printf("%s = {\n\tactive count = 1\n\ttype = LaunchAgent\n", target)
	fmt.Printf("\tinherited environment = {\n\t\tTOKEN => %s\n\t}\n\n", Secret)
	switch {
	case s.Ended == "":
		fmt.Printf("\tstate = running\n\tpid = %d\n\tlast exit code = (never exited)\n", s.PID)
	case strings.HasPrefix(s.Ended, "signal"):
		fmt.Printf("\tstate = not running\n\tlast terminating signal = %s\n", strings.TrimPrefix(s.Ended, "signal "))
	default:
		fmt.Printf("\tstate = not running\n\tlast exit code = %s\n", s.Ended)
	}
	fmt.Printf("\n\tresource coalition = {\n\t\tstate = active\n\t}\n}\n")
	return 0
}

func (p *program) bootstrap(domain, path string) int {
	l, err := readList(path)
	if err != nil {
		return fail("Bootstrap", 109, "Invalid property list")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o022 != 0 {
		return fail("Bootstrap", 122, "Path had bad ownership/permissions")
	}
	session := map[string]string{"gui": "Aqua", "user": "Background"}[strings.Split(domain, "/")[0]]
	if l.LimitLoadToSessionType != session {
		return fail("Bootstrap", 134, "Service cannot load in requested session")
	}
	target := domain + "/" + l.Label
	if _, err := p.load(target); err == nil {
		return fail("Bootstrap", 37, "Operation already in progress")
	}
	p.save(target, state{Path: path})
	if !l.RunAtLoad {
		return 0
	}
	cmd := exec.Command(filepath.Join(p.dir, keeper), target)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	for range 1000 {
		if s, err := p.load(target); err == nil && (s.PID != 0 || s.Ended != "") {
			return 0
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fail("Bootstrap", 5, "Input/output error")
}

// keep is a job's parent until the job ends.
func (p *program) keep(target string) int {
	s, err := p.load(target)
	if err != nil {
		panic(err)
	}
	l, err := readList(s.Path)
	if err != nil {
		panic(err)
	}
	cmd := &exec.Cmd{Path: l.Program, Args: l.ProgramArguments, Dir: l.WorkingDirectory, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
	for key, value := range l.EnvironmentVariables {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	out, err1 := os.OpenFile(l.StandardOutPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	errs, err2 := os.OpenFile(l.StandardErrorPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	cmd.Stdout, cmd.Stderr = out, errs
	syscall.Umask(l.Umask)
	unmask()
	if err1 != nil || err2 != nil || cmd.Start() != nil {
		s.Ended = "78: EX_CONFIG"
		p.save(target, s)
		return 0
	}
	s.PID = cmd.Process.Pid
	p.save(target, s)
	_ = cmd.Wait() // its state has how it ended
	s.Ended = fmt.Sprint(cmd.ProcessState.ExitCode())
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		s.Ended = fmt.Sprintf("signal %v: %d", status.Signal(), status.Signal())
	}
	if _, err := p.load(target); err == nil { // it was not booted out
		p.save(target, s)
	}
	return 0
}

func (p *program) bootout(target string) int {
	s, err := p.load(target)
	if err != nil {
		return fail("Boot-out", 3, "No such process")
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		for start := time.Now(); s.PID != 0 && s.Ended == "" && time.Since(start) < time.Second; time.Sleep(2 * time.Millisecond) {
			_ = syscall.Kill(-s.PID, sig) // it may have ended
			if s, err = p.load(target); err != nil {
				return 0
			}
		}
	}
	if err := os.Remove(p.file(target)); err != nil {
		return fail("Boot-out", 3, "No such process")
	}
	return 0
}

// state is a job that is loaded.
type state struct {
	Path  string
	PID   int
	Ended string // its exit code, or "signal killed: 9"
}

func (p *program) file(target string) string {
	return filepath.Join(p.dir, loadedDir, strings.ReplaceAll(target, "/", "+")+".json")
}

func (p *program) load(target string) (s state, err error) {
	data, err := os.ReadFile(p.file(target))
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	return s, err
}

func (p *program) save(target string, s state) {
	data, err := json.Marshal(s)
	if err == nil {
		temp := p.file(target) + ".new" + fmt.Sprint(os.Getpid())
		if err = os.WriteFile(temp, data, 0o644); err == nil {
			err = os.Rename(temp, p.file(target))
		}
	}
	if err != nil {
		panic(err)
	}
}
