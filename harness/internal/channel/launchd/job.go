package launchd

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel/printed"
)

// Job is a worker that launchd runs.
type Job struct {
	FD  int // the worker is at the other end; it is the caller's to close
	PID int

	cfg         Config
	diagnostics *Diagnostics
	program     string // what is run: the given one, or its copy
	domain      domain // where the job was last booted in
	loaded      bool   // launchd was asked to load it
	stays       bool   // launchd would not let go of it
	folder      *folder
	meeting     *meeting
	worker      process
	stop        sync.Once
	over        bool
	epitaph     string
}

// Start brings a job to life and waits for it to come forward, at most until ctx
// ends. The diagnostics are there also when it fails, and then nothing of the job
// is left.
func Start(ctx context.Context, cfg Config) (*Job, *Diagnostics, error) {
	cfg = cfg.withDefaults()
	d := &Diagnostics{
		Label: cfg.Label, RunID: cfg.RunID, Program: cfg.Program,
		SessionTypes: []string{}, Commands: []Command{},
	}
	j := &Job{FD: -1, cfg: cfg, diagnostics: d}
	came := false
	// Launchd keeps what it was given, whatever becomes of who gave it: also where
	// something panics.
	defer func() {
		if !came {
			j.Stop()
		}
	}()
	if err := j.start(ctx); err != nil {
		d.Error = err.Error()
		return nil, d, err
	}
	came = true
	return j, d, nil
}

func (j *Job) start(ctx context.Context) (err error) {
	if err := j.cfg.Tools.check(); err != nil {
		return err
	}
	socket, err := socketPath(j.cfg.Base, j.cfg.Label)
	if err != nil {
		return err
	}
	sweep(j.cfg.Base, j.cfg.UID, func(label string) {
		for _, d := range domains(j.cfg.UID, true) {
			j.launchctl(ctx, "bootout", d.target+"/"+label)
		}
	})
	if j.folder, err = newFolder(j.cfg.Base, j.cfg.Label, j.cfg.UID); err != nil {
		return err
	}
	if err := j.choose(); err != nil {
		return err
	}
	if j.meeting, err = newMeeting(socket, j.cfg.UID); err != nil {
		return fmt.Errorf("job %s: listen for the worker: %w", j.cfg.Label, err)
	}
	env := maps.Clone(j.cfg.Env)
	if env == nil {
		env = map[string]string{}
	}
	env[EnvSocket], env[EnvNonce] = socket, j.meeting.nonce
	if err := j.bootIn(ctx, env); err != nil {
		j.showLog(ctx)
		return err
	}
	fd, worker, err := j.meeting.wait(ctx, j.cfg.Limit, func() string { return j.ended(ctx) })
	if err != nil {
		j.showLog(ctx)
		err = fmt.Errorf("job %s: %w", j.cfg.Label, err)
		if last := printed.FirstLine(j.folder.printed()); last != "" {
			err = fmt.Errorf("%w: it printed %q", err, last)
		}
		return err
	}
	j.FD, j.worker, j.PID = fd, worker, worker.pid
	j.diagnostics.PID = j.PID
	// Nobody else is to come, and closing removes the socket.
	return j.meeting.listener.Close()
}

// choose settles which file is run.
func (j *Job) choose() error {
	program, err := filepath.EvalSymlinks(j.cfg.Program)
	if err != nil {
		return fmt.Errorf("job %s: the program to run: %w", j.cfg.Label, err)
	}
	j.program = program
	staged, err := stage(program, j.cfg.Home, filepath.Join(j.folder.dir, programFile))
	if err != nil {
		return fmt.Errorf("job %s: %w", j.cfg.Label, err)
	}
	if staged != nil {
		j.program, j.diagnostics.Staged = staged.To, staged
	}
	return nil
}

// bootIn has launchd load the job, which starts it, in the best domain that takes
// it.
func (j *Job) bootIn(ctx context.Context, env map[string]string) error {
	gui := j.record(run(ctx, keptDomain, j.cfg.Tools.Launchctl, "print", guiDomain(j.cfg.UID)))
	var refused error
	for _, dom := range domains(j.cfg.UID, gui.RC == 0) {
		j.domain = dom
		d := j.diagnostics
		d.Domain, d.DomainReason, d.SessionTypes = dom.target, dom.reason, dom.sessions()
		data, err := newJob(&j.cfg, j.program, j.folder.dir, dom.session, env).encode()
		if err != nil {
			return fmt.Errorf("job %s: property list: %w", j.cfg.Label, err)
		}
		path, err := j.folder.writePlist(j.cfg.Label, data)
		if err != nil {
			return fmt.Errorf("job %s: property list: %w", j.cfg.Label, err)
		}
		d.PlistPath, d.Plist = path, string(data)
		c := j.record(run(ctx, keptOutput, j.cfg.Tools.Plutil, "-lint", path))
		if ctx.Err() != nil {
			return fmt.Errorf("job %s: plutil -lint: %w", j.cfg.Label, context.Cause(ctx))
		}
		if c.RC != 0 {
			d.Failure = &Failure{PlistInvalid, c.RC}
			return j.refused("plutil -lint "+path, c, *d.Failure)
		}
		j.loaded = true
		c = j.launchctl(ctx, "bootstrap", dom.target, path)
		if c.RC == 0 {
			d.Failure = nil
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("job %s: launchctl bootstrap %s: %w", j.cfg.Label, dom.target, context.Cause(ctx))
		}
		f := classify(c)
		d.Failure = &f
		refused = j.refused("launchctl bootstrap "+dom.target, c, f)
		// That nothing was loaded is only what launchctl says.
		j.bootOut()
		if f.Classification != SessionMismatch {
			break
		}
	}
	return refused
}

func (j *Job) target() string { return j.domain.target + "/" + j.cfg.Label }

// look asks launchd for the job; known is false when launchd says that it has none
// of that label, which a launchctl that did not end by itself does not say.
func (j *Job) look(ctx context.Context) (p printout, known bool) {
	c := run(ctx, keptPrint, j.cfg.Tools.Launchctl, "print", j.target())
	c.Stdout = withoutEnvironments(c.Stdout)
	j.again(c)
	return readPrintout(c.Stdout), c.RC <= 0
}

// ended says how the worker ended, empty while it has not.
func (j *Job) ended(ctx context.Context) string {
	p, known := j.look(ctx)
	if !known {
		return "launchd knows of no such job any more"
	}
	return p.end()
}

// Stop boots the job out, waits for its end and removes its folder. It may be
// called more than once.
func (j *Job) Stop() { j.stop.Do(j.end) }

// hangUpPatience is how long the end of who has hung up may take.
const hangUpPatience = time.Second

// Exited reports whether the worker has ended: its end of the socket is closed.
func (j *Job) Exited() bool { return j.over || hungUp(j.FD) }

func (j *Job) end() {
	defer func() { j.over = true }()
	if j.meeting != nil {
		_ = j.meeting.listener.Close() // it may be closed
	}
	if j.PID != 0 {
		j.epitaph = "launchd was told to end it"
		// Who has hung up is about to end.
		if hungUp(j.FD) && j.worker.gone(hangUpPatience) {
			j.epitaph = j.howItEnded()
		}
	}
	if j.loaded {
		j.bootOut()
	}
	if !j.worker.end(j.cfg.patience) {
		j.left("process %d, which cannot be killed", j.PID)
	}
	if j.folder == nil {
		return
	}
	if last := printed.FirstLine(j.folder.printed()); j.epitaph != "" && last != "" {
		j.epitaph += ": " + last
	}
	if j.stays {
		// By its folder the next run finds it, and boots it out.
		_ = j.folder.held.Close()
		return
	}
	if err := j.folder.remove(); err != nil {
		j.left("%v", err)
	}
}

// bootOut takes the job from launchd and waits until launchd knows it no more. It
// happens also when a context has ended.
func (j *Job) bootOut() {
	ctx := context.Background()
	j.loaded = false
	out := j.launchctl(ctx, "bootout", j.target())
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		// Bootout may return before the job's process has ended.
		if !j.worker.end(j.cfg.patience) {
			break
		}
		if _, known := j.look(ctx); !known {
			return
		}
		if time.Since(start) > j.cfg.patience {
			break
		}
	}
	j.stays = true
	j.left("the job is still loaded, launchctl bootout = %d, %q: boot it out with launchctl bootout %s", out.RC, printed.FirstLine([]byte(out.Stderr)), j.target())
}

// howItEnded asks launchd, which may hear of it later than we do.
func (j *Job) howItEnded() string {
	for start := time.Now(); time.Since(start) < hangUpPatience; time.Sleep(20 * time.Millisecond) {
		p, known := j.look(context.Background())
		if why := p.end(); why != "" {
			return why
		}
		if !known {
			break
		}
	}
	return "it ended, and launchd does not say how"
}

func (j *Job) left(format string, args ...any) {
	if j.diagnostics.Left == "" {
		j.diagnostics.Left = fmt.Sprintf(format, args...)
	}
}

// Epitaph says in one line what is known of the end of a job that was stopped.
func (j *Job) Epitaph() string { return j.epitaph }
