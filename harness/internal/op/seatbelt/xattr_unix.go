//go:build darwin || seatbelt_fake

package seatbelt

import (
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// xattrDetails is what the two operations on extended attributes tell.
type xattrDetails struct {
	Decision  *string `json:"decision"` // null: nothing was decided
	Attribute string  `json:"attribute"`
}

// decided adds the details that repeat the decision.
func decided(do func(Request, *op.Result)) func(Request, *op.Result) {
	return func(req Request, res *op.Result) {
		do(req, res)
		details := xattrDetails{Attribute: Attribute}
		if decision, _ := Classify(*res); decision != "" {
			details.Decision = &decision
		}
		detail(res, details)
	}
}

// getxattr gives a file its attribute before the policy, where a probe may change
// files, so that there is something to read. A file without one is no answer.
func getxattr(req Request, _ *op.Result) (func(*op.Result, Announce), func()) {
	if path := reached(req.Target); belowTemp(path) {
		// What is refused here shows when the attribute is read.
		_ = try(func() error {
			return unix.Setxattr(path, Attribute, []byte(attributeValue), unix.XATTR_CREATE)
		})
	}
	do := decided(readAttribute)
	return func(res *op.Result, _ Announce) { do(req, res) }, nil
}

// reached is the path of what a path leads to; empty: not known.
func reached(path string) string {
	fd, errno := openSight(path, true)
	if errno != 0 {
		return ""
	}
	defer unix.Close(fd)
	path, _ = pathOf(fd)
	return path
}

func readAttribute(req Request, res *op.Result) {
	buf := make([]byte, 64)
	res.Call = xattrCall("getxattr", req.Target).Raw("{...}").Int(len(buf)).Raw(xattrRest).End()
	res.Errno = try(func() error { _, err := unix.Getxattr(req.Target, Attribute, buf); return err })
}

func setxattr(req Request, res *op.Result) {
	res.Call = xattrCall("setxattr", req.Target).Path(attributeValue).Int(len(attributeValue)).Raw(xattrRest).End()
	res.Errno = try(func() error { return unix.Setxattr(req.Target, Attribute, []byte(attributeValue), 0) })
}

func xattrCall(name, path string) op.Call { return op.NewCall(name).Path(path).Path(Attribute) }

const attributeValue = "1"

// xattrRest is the position and the options of macOS's calls.
const xattrRest = "0, 0"
