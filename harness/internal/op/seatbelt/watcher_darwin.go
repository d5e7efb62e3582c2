package seatbelt

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
)

func newWatcher(req Request) (*watcher, error) {
	switch req.Operation {
	case "darwin-notification-post":
		return watchNotification(req.Target)
	case "distributed-notification-post":
		return watchDistributed(req.Target)
	case "user-preference-write":
		return watchPreference(req.Target)
	}
	return nil, fmt.Errorf("nothing can be seen of %s", req.Operation)
}

// watchNotification sees posts to notifyd, which drops those that a policy refuses
// without a word to who posted. It has one queue, and takes from it in order: when
// what is posted later has come out, an earlier post either has too or was
// dropped. A post does not say whose it is, so that only one on the host is
// watched for at a time.
func watchNotification(name string) (*watcher, error) {
	unlock, err := lockNotifications()
	if err != nil {
		return nil, err
	}
	later := "org.rtgen.watch." + strconv.Itoa(os.Getpid())
	target, err := libsystem.RegisterNotification(name)
	if err != nil {
		unlock()
		return nil, err
	}
	control, err := libsystem.RegisterNotification(later)
	if err != nil {
		target.Cancel()
		unlock()
		return nil, err
	}
	done := func() {
		control.Cancel()
		target.Cancel()
		unlock()
	}
	// Registering says nothing of a refusal either, and nothing would be seen then.
	if !target.Flush() || !control.Flush() {
		done()
		return nil, fmt.Errorf("notifyd does not know that %q is watched for", name)
	}
	return &watcher{
		see: func(limit time.Duration) (bool, error) {
			status, err := libsystem.PostNotification(later)
			if err == nil && status != 0 {
				err = fmt.Errorf("notify_post of a later notification: %s", notifyName(status))
			}
			if err != nil {
				return false, err
			}
			return compare(target.Posted, control.Posted, limit)
		},
		done: done,
	}, nil
}

func lockNotifications() (unlock func(), err error) {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("rtgen-notifications-%d.lock", os.Getuid()))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		f.Close()
		return nil, &os.PathError{Op: "lock", Path: path, Err: err}
	}
	return func() { f.Close() }, nil
}

// watchDistributed sees posts to the distributed center. There is no order between
// those of two processes: what does not come was refused, or is late.
func watchDistributed(name string) (*watcher, error) {
	center, err := libsystem.NewDistributedCenter()
	if err != nil {
		return nil, err
	}
	target, err := center.Observe(name, token())
	if err != nil {
		return nil, err
	}
	// What this process asks for and then posts itself is taken in order: when it
	// comes back, the target is being observed.
	own := "org.rtgen.watch." + strconv.Itoa(os.Getpid())
	control, err := center.Observe(own, own)
	if err == nil {
		err = center.Post(own, own)
	}
	if err == nil && !center.Seen(control, readyLimit/2) {
		err = errors.New("not even a distributed notification of the observer's own came back")
	}
	center.Forget(control)
	if err != nil {
		center.Forget(target)
		return nil, err
	}
	return &watcher{
		see: func(limit time.Duration) (bool, error) {
			if !center.Seen(target, limit) {
				return false, fmt.Errorf("the notification was not seen within %s: it was refused, or is late", limit)
			}
			return true, nil
		},
		done: func() { center.Forget(target) },
	}, nil
}

// watchPreference sees a key that was written, and removes it.
func watchPreference(domain string) (*watcher, error) {
	p, err := libsystem.NewPreferences(domain)
	if err != nil {
		return nil, err
	}
	remove := func() {
		_ = p.Remove(token())
		_, _ = p.Synchronize()
	}
	remove()
	return &watcher{
		see: func(limit time.Duration) (bool, error) {
			for end := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
				if _, err := p.Synchronize(); err != nil {
					return false, err
				}
				if seen, err := p.Holds(token(), token()); seen || err != nil {
					return seen, err
				}
				if time.Now().After(end) {
					return false, fmt.Errorf("the key was not seen within %s: it was not written, and the calls do not say why", limit)
				}
			}
		},
		done: func() { remove(); p.Release() },
	}, nil
}

// token marks what an attempt leaves, so that nobody else's is taken for it. The
// process that attempts and the one that looks have the same parent.
func token() string { return "org.rtgen.probe." + strconv.Itoa(os.Getppid()) }
