package libsystem

import "encoding/binary"

// What <sys/attr.h> declares, as 64-bit processes have it. x/sys/unix has only a
// part of it.

// AttrList says which attributes a call is about: struct attrlist.
type AttrList struct {
	BitmapCount uint16 // AttrBitMapCount
	Reserved    uint16
	Common      uint32 // AttrCmn…
	Volume      uint32
	Dir         uint32
	File        uint32 // AttrFile…
	Fork        uint32
}

// AttrBitMapCount is ATTR_BIT_MAP_COUNT: how many groups of attributes there are.
const AttrBitMapCount = 5

// The attributes that every object has.
const (
	AttrCmnName       = 0x00000001
	AttrCmnFSID       = 0x00000004
	AttrCmnObjType    = 0x00000008
	AttrCmnObjID      = 0x00000020
	AttrCmnCrTime     = 0x00000200
	AttrCmnModTime    = 0x00000400
	AttrCmnChgTime    = 0x00000800
	AttrCmnAccTime    = 0x00001000
	AttrCmnOwnerID    = 0x00008000
	AttrCmnGrpID      = 0x00010000
	AttrCmnAccessMask = 0x00020000
	AttrCmnFlags      = 0x00040000
)

// The attributes of files.
const (
	AttrFileTotalSize  = 0x00000002
	AttrFileDataLength = 0x00000200
)

// FSOptNoFollow is FSOPT_NOFOLLOW: a link at the end of a path is what is meant.
const FSOptNoFollow = 0x00000001

// The options of searchfs.
const (
	searchStart      = 0x00000001 // SRCHFS_START: from the beginning
	searchMatchDirs  = 0x00000004 // SRCHFS_MATCHDIRS
	searchMatchFiles = 0x00000008 // SRCHFS_MATCHFILES
)

// searchStateSize is that of struct searchstate, which is packed.
const searchStateSize = 4 + 4 + 548

// searchScript is UTF-8 to searchfs, which reads names as nothing else any more.
const searchScript = 0x08000103

// searchTime is how long one call may search, in microseconds.
const searchTime = 100_000

// attrReference leads to an attribute of no fixed size: struct attrreference.
type attrReference struct {
	DataOffset int32 // from this struct to the data
	Length     uint32
}

// searchBlock is what searchfs is to look for: struct fssearchblock. Addresses are
// numbers here.
type searchBlock struct {
	ReturnAttrs  uint64 // *attrlist
	ReturnBuffer uint64
	ReturnSize   uint64
	MaxMatches   uint64 // u_long
	TimeSec      int64  // struct timeval, with what aligns it
	TimeUsec     int32
	_            int32
	Params1      uint64
	Params1Size  uint64
	Params2      uint64
	Params2Size  uint64
	SearchAttrs  AttrList
}

// searchParams are the two ends of the range that a name is looked for in, as
// searchfs takes them: a name is its own range, and the other end is empty. The
// word in front is the length of what follows.
func searchParams(name string) (first, second []byte) {
	const ref = 8 // the size of attrReference
	first = packed(uint32(ref+len(name)+1), attrReference{ref, uint32(len(name) + 1)})
	first = append(append(first, name...), 0)
	return first, packed(uint32(ref), attrReference{ref, 0})
}

// packed lays values out one after the other, as every Mac has them.
func packed(values ...any) []byte {
	var b []byte
	for _, v := range values {
		var err error
		if b, err = binary.Append(b, binary.LittleEndian, v); err != nil {
			panic("bug: libsystem: " + err.Error())
		}
	}
	return b
}
