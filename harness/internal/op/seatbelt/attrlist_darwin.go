package seatbelt

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
	"github.com/rtgen/rtgen/harness/internal/op"
)

// attrBufSize is more than any of the payloads takes.
const attrBufSize = 1024

func getattrlist(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	if err := libsystem.ReadyGetAttrList(); err != nil {
		return unready(res, err)
	}
	list := attrList(req.AttrPayload)
	return func(res *op.Result, _ Announce) {
		res.Call = op.NewCall("getattrlist").Path(req.Target).Raw(attrListText(list)).Raw("{...}").Int(attrBufSize).Int(0).End()
		res.Errno = try(func() error { return libsystem.GetAttrList(req.Target, list, attrBufSize, 0) })
	}, nil
}

func setattrlist(req Request, st *unix.Stat_t, res *op.Result) {
	setAttributes(req.Target, settable(req.AttrPayload), st, 0, res)
}

// lutimes sets the times by the call that the library makes of lutimes for a
// link. For everything else that looks first, which a policy may deny, and that
// would read as a denial of the change.
func lutimes(req Request, st *unix.Stat_t, res *op.Result) {
	setAttributes(req.Target, settable("cmn-times"), st, libsystem.FSOptNoFollow, res)
}

func setAttributes(path string, list libsystem.AttrList, st *unix.Stat_t, options int, res *op.Result) {
	buf := attributes(list, st)
	res.Call = op.NewCall("setattrlist").Path(path).Raw(attrListText(list)).Raw("{...}").Int(len(buf)).Int(options).End()
	unixList := unix.Attrlist{
		Bitmapcount: list.BitmapCount, Commonattr: list.Common, Volattr: list.Volume,
		Dirattr: list.Dir, Fileattr: list.File, Forkattr: list.Fork,
	}
	res.Errno = try(func() error { return unix.Setattrlist(path, &unixList, buf, options) })
}

// attributes are the values that a file has of what a list names, in the order of
// its bits. What cannot be set has none.
func attributes(list libsystem.AttrList, st *unix.Stat_t) []byte {
	var b []byte
	for _, a := range []struct {
		bit   uint32
		value any
	}{
		{libsystem.AttrCmnModTime, st.Mtim},
		{libsystem.AttrCmnAccTime, st.Atim},
		{libsystem.AttrCmnFlags, st.Flags},
	} {
		if list.Common&a.bit == 0 {
			continue
		}
		var err error
		if b, err = binary.Append(b, binary.LittleEndian, a.value); err != nil {
			panic("bug: attributes of a file: " + err.Error())
		}
	}
	return b
}
