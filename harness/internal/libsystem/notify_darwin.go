package libsystem

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Functions of <notify.h>.
var (
	notifyPost       = newFunction(system, "notify_post")
	notifyRegisterFD = newFunction(system, "notify_register_file_descriptor")
	notifyCheck      = newFunction(system, "notify_check")
	notifyCancel     = newFunction(system, "notify_cancel")
)

// PostNotification gives the status of posting a name to notifyd. A status of 0
// says that it was sent.
func PostNotification(name string) (uint32, error) {
	text := cString(name)
	status, _, err := notifyPost.call(pointer(text))
	runtime.KeepAlive(text)
	return uint32(status), err
}

// Notification is a registration for a name with notifyd.
type Notification struct{ token, fd int32 }

// RegisterNotification asks notifyd to tell of a name, over a descriptor: that of
// notify_register_check may tell of another name (notify(3)). What posts is at hand
// then, and so is the way to notifyd. Cancel it.
func RegisterNotification(name string) (*Notification, error) {
	if err := findAll(notifyPost, notifyRegisterFD, notifyCheck, notifyCancel); err != nil {
		return nil, err
	}
	text, token, fd := cString(name), new(int32), new(int32)
	const newDescriptor = 0
	status, _, err := notifyRegisterFD.call(pointer(text), addressOf(fd), newDescriptor, addressOf(token))
	runtime.KeepAlive(text)
	runtime.KeepAlive(token)
	runtime.KeepAlive(fd)
	switch {
	case err != nil:
		return nil, err
	case uint32(status) != 0:
		return nil, fmt.Errorf("notify_register_file_descriptor of %q: status %d", name, uint32(status))
	}
	return &Notification{token: *token, fd: *fd}, nil
}

// Posted reports whether the name was posted since it was registered.
func (n *Notification) Posted() (bool, error) {
	for {
		ready := []unix.PollFd{{Fd: n.fd, Events: unix.POLLIN}}
		_, err := unix.Poll(ready, 0)
		if err == unix.EINTR {
			continue
		}
		if ready[0].Revents&unix.POLLHUP != 0 { // comes with POLLIN
			err = errors.New("notifyd closed the descriptor that tells of notifications")
		}
		return err == nil && ready[0].Revents&unix.POLLIN != 0, err
	}
}

// Flush asks notifyd a question and waits for the answer, and reports whether there
// was one: what this process sent before has been dealt with then.
func (n *Notification) Flush() bool {
	posted := new(int32)
	status, _, err := notifyCheck.call(uintptr(n.token), addressOf(posted))
	runtime.KeepAlive(posted)
	return err == nil && uint32(status) == 0
}

// Cancel ends the registration, and closes its descriptor.
func (n *Notification) Cancel() { _, _, _ = notifyCancel.call(uintptr(n.token)) }
