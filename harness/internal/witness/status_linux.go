package witness

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// controlTimeout bounds one question to the kernel's audit code, which holds a
// lock while it waits for an audit daemon.
const controlTimeout = 10 * time.Second

// control asks the kernel about audit and changes its state.
type control struct {
	mu   sync.Mutex
	conn *netlink.Conn
}

func openControl() (*control, error) {
	conn, err := netlink.Dial(unix.NETLINK_AUDIT, nil)
	if err != nil {
		return nil, unavailable(err)
	}
	return &control{conn: conn}, nil
}

func (c *control) close() { c.conn.Close() }

// status needs CAP_AUDIT_CONTROL in the initial user namespace, and the initial
// pid namespace.
func (c *control) status() (Status, error) {
	replies, err := c.execute(unix.AUDIT_GET, netlink.Request, nil)
	if err != nil {
		return Status{}, err
	}
	for _, m := range replies {
		if m.Header.Type == unix.AUDIT_GET {
			return parseStatus(m.Data)
		}
	}
	return Status{}, errors.New("audit status: the kernel answered something else")
}

// set makes the kernel's state s.
func (c *control) set(s setting) error {
	_, err := c.execute(unix.AUDIT_SET, netlink.Request|netlink.Acknowledge,
		s.marshal(unix.AUDIT_STATUS_ENABLED|unix.AUDIT_STATUS_BACKLOG_LIMIT))
	return err
}

func (c *control) execute(kind netlink.HeaderType, flags netlink.HeaderFlags, data []byte) ([]netlink.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.SetDeadline(time.Now().Add(controlTimeout)); err != nil {
		return nil, fmt.Errorf("audit control: %w", err)
	}
	replies, err := c.conn.Execute(netlink.Message{Header: netlink.Header{Type: kind, Flags: flags}, Data: data})
	if err != nil {
		return nil, unavailable(err)
	}
	return replies, nil
}

// unavailable puts what the kernel says in words.
func unavailable(err error) error {
	switch {
	case errors.Is(err, unix.EPROTONOSUPPORT):
		return &Unavailable{Reason: "the kernel is built without audit", Err: err}
	case errors.Is(err, unix.EAFNOSUPPORT):
		return &Unavailable{Reason: "netlink sockets are forbidden here", Err: err}
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return &Unavailable{Reason: "the audit log may not be read or controlled: it takes root, or CAP_AUDIT_READ and CAP_AUDIT_CONTROL, in the initial pid namespace", Err: err}
	case errors.Is(err, unix.ECONNREFUSED):
		return &Unavailable{Reason: "the audit log belongs to the initial user namespace: run outside the container", Err: err}
	}
	return fmt.Errorf("audit: %w", err)
}

func queryStatus() (Status, error) {
	c, err := openControl()
	if err != nil {
		return Status{}, err
	}
	defer c.close()
	return c.status()
}
