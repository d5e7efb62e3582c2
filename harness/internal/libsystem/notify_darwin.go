package libsystem

import (
	"fmt"
	"runtime"
)

// Functions of <notify.h>.
var (
	notifyPost          = newFunction(system, "notify_post")
	notifyRegisterCheck = newFunction(system, "notify_register_check")
	notifyCheck         = newFunction(system, "notify_check")
	notifyCancel        = newFunction(system, "notify_cancel")
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
type Notification struct{ token int32 }

// RegisterNotification asks notifyd to tell of a name. The functions that post and
// check are at hand then, and so is the way to notifyd. Cancel it.
func RegisterNotification(name string) (*Notification, error) {
	if err := findAll(notifyPost, notifyRegisterCheck, notifyCheck, notifyCancel); err != nil {
		return nil, err
	}
	text, token := cString(name), new(int32)
	status, _, err := notifyRegisterCheck.call(pointer(text), address(token))
	runtime.KeepAlive(text)
	runtime.KeepAlive(token)
	switch {
	case err != nil:
		return nil, err
	case uint32(status) != 0:
		return nil, fmt.Errorf("notify_register_check of %q: status %d", name, uint32(status))
	}
	n := &Notification{token: *token}
	// The first check after a registration always says yes.
	if _, err := n.Posted(); err != nil {
		n.Cancel()
		return nil, err
	}
	return n, nil
}

// Posted reports whether the name was posted since it was asked last.
func (n *Notification) Posted() (bool, error) {
	posted := new(int32)
	status, _, err := notifyCheck.call(uintptr(n.token), address(posted))
	runtime.KeepAlive(posted)
	if err == nil && uint32(status) != 0 {
		err = fmt.Errorf("notify_check: status %d", uint32(status))
	}
	return *posted != 0, err
}

// Cancel ends the registration.
func (n *Notification) Cancel() { _, _, _ = notifyCancel.call(uintptr(n.token)) }
