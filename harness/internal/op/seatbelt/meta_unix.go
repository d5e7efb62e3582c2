//go:build darwin || seatbelt_fake

package seatbelt

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// metaPreparers are the calls of metadata_runner. Those that change something
// set what is there already, as it was before the policy: a mode, an owner, and
// times to the microsecond. An allowed attempt leaves a new ctime behind, and
// nothing else.
var metaPreparers = map[key]preparer{
	{"file-read-metadata", metadataRunner, "lstat"}:       running(after(lstat)),
	{"file-read-metadata", metadataRunner, "fstat"}:       running(opening(openPath, openRead, fstat)),
	{"file-read-metadata", metadataRunner, "getattrlist"}: running(getattrlist),
	{"file-read-metadata", metadataRunner, "setattrlist"}: running(aside(withStat(unix.Stat, setattrlist),
		"setattrlist asks for the file-write operation of what it sets, which says nothing about file-read-metadata; use syscall getattrlist")),

	{"file-write*", metadataRunner, "chmod"}:    running(withStat(unix.Stat, chmod)),
	{"file-write*", metadataRunner, "utimes"}:   running(withStat(unix.Stat, utimes)),
	{"file-write*", metadataRunner, "fchmod"}:   running(withStat(unix.Stat, onDescriptor(fchmod))),
	{"file-write*", metadataRunner, "futimes"}:  running(withStat(unix.Stat, onDescriptor(futimes))),
	{"file-write*", metadataRunner, "lchown"}:   running(after(lchown)),
	{"file-write*", metadataRunner, "fchown"}:   running(opening(openPath, openRead, fchown)),
	{"file-write*", metadataRunner, "fchownat"}: running(after(fchownat)),
	{"file-write*", metadataRunner, "lutimes"}:  running(withStat(unix.Lstat, lutimes)),
}

// runnerDetails is what metadata_runner tells of its call. How the policy was
// applied is told by who applied it.
type runnerDetails struct {
	Op          string `json:"op"`
	Path        string `json:"path"`
	Syscall     string `json:"syscall"`
	AttrPayload string `json:"attr_payload,omitempty"`
	Status      string `json:"status"` // "ok" or "op_failed"
	Errno       int    `json:"errno,omitempty"`
	ErrnoName   string `json:"errno_name,omitempty"`
	Message     string `json:"message,omitempty"`
}

// running adds the details of metadata_runner.
func running(p preparer) preparer {
	return func(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
		req.AttrPayload = payload(req)
		attempt, free := p(req, res)
		if attempt == nil {
			return nil, free
		}
		return func(res *op.Result, announce Announce) {
			attempt(res, announce)
			details := runnerDetails{Op: req.Operation, Path: req.Target, Syscall: res.Syscall, AttrPayload: req.AttrPayload, Status: "ok"}
			if res.Errno != 0 {
				details.Status, details.Errno = "op_failed", res.Errno
				details.ErrnoName, details.Message = op.ErrnoName(res.Errno), syscall.Errno(res.Errno).Error()
			}
			detail(res, details)
		}, free
	}
}

// payload is the attributes a request is about: the call's default where it names
// none, and empty for a call that takes none.
func payload(req Request) string {
	_, s, _ := resolve(req)
	if req.AttrPayload == "" && s != nil && len(s.Payloads) > 0 {
		return s.Payloads[0]
	}
	return req.AttrPayload
}

// withStat looks at the target before the policy, for calls that set what it has.
// A file that cannot be looked at gets a call all the same: its errno is the
// answer.
func withStat(look func(string, *unix.Stat_t) error, do func(Request, *unix.Stat_t, *op.Result)) preparer {
	return func(req Request, _ *op.Result) (func(*op.Result, Announce), func()) {
		st := unix.Stat_t{Mode: newFileMode}
		_ = try(func() error { return look(req.Target, &st) })
		return func(res *op.Result, _ Announce) { do(req, &st, res) }, nil
	}
}

// onDescriptor opens the target for reading first, which is part of the attempt:
// such a call cannot be made of a file that may not be read.
func onDescriptor(do func(int, *unix.Stat_t, *op.Result)) func(Request, *unix.Stat_t, *op.Result) {
	return func(req Request, st *unix.Stat_t, res *op.Result) {
		openAndUse(openPath, req.Target, openRead, res, func(fd int, res *op.Result) { do(fd, st, res) })
	}
}

func lstat(req Request, res *op.Result) {
	var st unix.Stat_t
	res.Call = op.NewCall("lstat").Path(req.Target).Raw("{...}").End()
	res.Errno = try(func() error { return unix.Lstat(req.Target, &st) })
}

func fstat(fd int, res *op.Result) {
	var st unix.Stat_t
	res.Call = op.NewCall("fstat").Int(fd).Raw("{...}").End()
	res.Errno = try(func() error { return unix.Fstat(fd, &st) })
}

// modeOf is what chmod can set.
func modeOf(st *unix.Stat_t) uint32 { return uint32(st.Mode) & 0o7777 }

func chmod(req Request, st *unix.Stat_t, res *op.Result) {
	res.Call = op.NewCall("chmod").Path(req.Target).Octal(modeOf(st)).End()
	res.Errno = try(func() error { return unix.Chmod(req.Target, modeOf(st)) })
}

func fchmod(fd int, st *unix.Stat_t, res *op.Result) {
	res.Call = op.NewCall("fchmod").Int(fd).Octal(modeOf(st)).End()
	res.Errno = try(func() error { return unix.Fchmod(fd, modeOf(st)) })
}

// timesOf is when a file was read and changed last.
func timesOf(st *unix.Stat_t) []unix.Timeval {
	return []unix.Timeval{
		unix.NsecToTimeval(unix.TimespecToNsec(st.Atim)),
		unix.NsecToTimeval(unix.TimespecToNsec(st.Mtim)),
	}
}

func timesText(tv []unix.Timeval) string {
	texts := []byte("[")
	for i, t := range tv {
		texts = append(texts, [...]string{"{tv_sec=", ", {tv_sec="}[min(i, 1)]...)
		texts = strconv.AppendInt(texts, t.Sec, 10)
		texts = append(texts, ", tv_usec="...)
		texts = append(strconv.AppendInt(texts, int64(t.Usec), 10), '}')
	}
	return string(append(texts, ']'))
}

func utimes(req Request, st *unix.Stat_t, res *op.Result) {
	tv := timesOf(st)
	res.Call = op.NewCall("utimes").Path(req.Target).Raw(timesText(tv)).End()
	res.Errno = try(func() error { return unix.Utimes(req.Target, tv) })
}

func futimes(fd int, st *unix.Stat_t, res *op.Result) {
	tv := timesOf(st)
	res.Call = op.NewCall("futimes").Int(fd).Raw(timesText(tv)).End()
	res.Errno = try(func() error { return unix.Futimes(fd, tv) })
}

// same leaves an owner or a group as it is (chown(2)). The policy is asked first
// even so, and nothing else has to be allowed for it: the kernel reports what only
// the super-user may do by the same EPERM, and by turning EACCES into it.
const same = -1

func lchown(req Request, res *op.Result) {
	res.Call = op.NewCall("lchown").Path(req.Target).Int(same).Int(same).End()
	res.Errno = try(func() error { return unix.Lchown(req.Target, same, same) })
}

func fchown(fd int, res *op.Result) {
	res.Call = op.NewCall("fchown").Int(fd).Int(same).Int(same).End()
	res.Errno = try(func() error { return unix.Fchown(fd, same, same) })
}

func fchownat(req Request, res *op.Result) {
	res.Call = op.NewCall("fchownat").Raw("AT_FDCWD").Path(req.Target).Int(same).Int(same).Raw("0").End()
	res.Errno = try(func() error { return unix.Fchownat(unix.AT_FDCWD, req.Target, same, same, 0) })
}
