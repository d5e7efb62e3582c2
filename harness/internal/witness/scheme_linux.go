package witness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// gateTimeout bounds the wait for another holder that is coming or going, which
// takes it milliseconds.
const gateTimeout = 30 * time.Second

// scheme is how the holders of a Switch on this machine count themselves. Gate
// is locked while one comes or goes; users is shared by all that are there. The
// kernel lets go of the locks of a process that is killed.
type scheme struct {
	control *control
	file    string // of the reference
	boot    string
	gate    *flock.Flock
	users   *flock.Flock
}

func openScheme() (_ *scheme, err error) {
	c, err := openControl()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	// Who may not ask leaves no folder behind.
	if _, err := c.status(); err != nil {
		return nil, err
	}
	dir, err := schemeDir()
	if err != nil {
		return nil, fmt.Errorf("audit lock folder: %w", err)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return nil, fmt.Errorf("audit lock: %w", err)
	}
	return &scheme{
		control: c,
		file:    filepath.Join(dir, "reference.json"),
		boot:    strings.TrimSpace(string(boot)),
		gate:    flock.New(filepath.Join(dir, "gate"), flock.SetPermissions(0o600)),
		users:   flock.New(filepath.Join(dir, "users"), flock.SetPermissions(0o600)),
	}, nil
}

// schemeDir is the folder that all holders share: one for the machine's root,
// one for each other user with the capabilities. It is refused when someone else
// could have put it there.
func schemeDir() (string, error) {
	uid := os.Geteuid()
	dir := "/run/rtgen-audit"
	if uid != 0 {
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("rtgen-audit-%d", uid))
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != nil {
		return "", &os.PathError{Op: "lstat", Path: dir, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != uid || st.Mode&0o077 != 0 {
		return "", fmt.Errorf("%s is not a folder of user %d alone (mode 0700): remove it", dir, uid)
	}
	return dir, nil
}

// close lets go of the locks.
func (s *scheme) close() {
	_ = s.users.Close()
	_ = s.gate.Close()
	s.control.close()
}

// enter turns audit on as one more holder.
func (s *scheme) enter() (before Status, err error) {
	open, err := s.lockGate()
	if err != nil {
		return before, err
	}
	defer open()
	// A lost record panics a machine that is set up so: it is not ours to risk.
	const panics = 2
	if before, err = s.control.status(); err != nil {
		return before, err
	}
	if before.Failure == panics {
		return before, &Unavailable{Reason: "this machine panics when an audit record is lost (audit failure flag 2): use a log that is on already, or run \"auditctl -f 1\" first"}
	}
	old, err := s.read()
	if err != nil {
		return before, err
	}
	// Before the reference is written: one that nobody stands for would be taken
	// for that of a holder that was killed.
	ok, err := s.users.TryRLock()
	if err != nil {
		return before, fmt.Errorf("audit lock %s: %w", s.users.Path(), err)
	}
	if !ok {
		return before, fmt.Errorf("audit lock %s: held exclusively by another program: see fuser", s.users.Path())
	}
	ref := old.join(before, s.boot)
	if err := s.write(ref); err != nil {
		return before, errors.Join(err, s.users.Unlock())
	}
	if ref.Set != before.setting() {
		if err := s.control.set(ref.Set); err != nil {
			return before, errors.Join(err, s.end())
		}
	}
	on, err := s.control.status()
	if err == nil && on.Enabled == 0 {
		err = errors.New("audit is off again: someone else turned it off while it was being turned on; run again")
	}
	if err != nil {
		return before, errors.Join(err, s.end())
	}
	return before, nil
}

// leave ends the holding and puts the state back when no other holder is alive.
func (s *scheme) leave() error {
	open, err := s.lockGate()
	if err != nil {
		return err
	}
	defer open()
	return s.end()
}

// end is leave with the gate locked.
func (s *scheme) end() error {
	if err := s.users.Unlock(); err != nil {
		return fmt.Errorf("audit lock: %w", err)
	}
	last, err := s.users.TryLock()
	if err != nil {
		return fmt.Errorf("audit lock: %w", err)
	}
	if !last {
		return nil // the last one restores
	}
	defer s.users.Unlock()
	ref, err := s.read()
	if err != nil || ref == nil || ref.Boot != s.boot {
		return err
	}
	now, err := s.control.status()
	if err != nil {
		return err
	}
	to, changed := ref.leave(now)
	if to != now.setting() {
		if err := s.control.set(to); err != nil {
			return fmt.Errorf("restore audit to enabled=%d backlog_limit=%d: %w", to.Enabled, to.BacklogLimit, err)
		}
	}
	if err := os.Remove(s.file); err != nil {
		return fmt.Errorf("audit lock: %w", err)
	}
	if len(changed) != 0 {
		return &ChangedError{changed}
	}
	return nil
}

func (s *scheme) lockGate() (open func(), err error) {
	ctx, cancel := context.WithTimeout(context.Background(), gateTimeout)
	defer cancel()
	ok, err := s.gate.TryLockContext(ctx, 2*time.Millisecond)
	switch {
	case errors.Is(err, context.DeadlineExceeded), err == nil && !ok:
		return nil, fmt.Errorf("audit lock %s: still taken after %v: see fuser", s.gate.Path(), gateTimeout)
	case err != nil:
		return nil, fmt.Errorf("audit lock %s: %w", s.gate.Path(), err)
	}
	return func() { _ = s.gate.Unlock() }, nil
}

// read returns the reference on disk, nil when there is none.
func (s *scheme) read() (*reference, error) {
	data, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ref reference
	if err := json.Unmarshal(data, &ref); err != nil {
		return nil, fmt.Errorf("%s: %w: remove it, and see to it that audit is as you want it (auditctl -s)", s.file, err)
	}
	return &ref, nil
}

// write puts the reference on disk before the state is touched: a holder that
// is killed in between has changed nothing.
func (s *scheme) write(ref reference) error {
	data, err := json.Marshal(ref)
	if err != nil {
		return err
	}
	return renameio.WriteFile(s.file, data, 0o600)
}
