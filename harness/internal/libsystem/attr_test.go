package libsystem

import (
	"bytes"
	"testing"
	"unsafe"
)

// The layouts are those of <sys/attr.h> in a 64-bit process.
func TestAttrLayouts(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want uintptr
	}{
		{"attrlist", unsafe.Sizeof(AttrList{}), 24},
		{"attrlist.commonattr", unsafe.Offsetof(AttrList{}.Common), 4},
		{"attrlist.fileattr", unsafe.Offsetof(AttrList{}.File), 16},
		{"attrlist, packed", uintptr(len(packed(AttrList{}))), 24},
		{"attrreference", unsafe.Sizeof(attrReference{}), 8},
		{"attrreference.attr_length", unsafe.Offsetof(attrReference{}.Length), 4},
		{"fssearchblock", unsafe.Sizeof(searchBlock{}), 104},
		{"fssearchblock, packed", uintptr(len(packed(searchBlock{}))), 104},
		{"fssearchblock.maxmatches", unsafe.Offsetof(searchBlock{}.MaxMatches), 24},
		{"fssearchblock.timelimit", unsafe.Offsetof(searchBlock{}.TimeSec), 32},
		{"fssearchblock.timelimit.tv_usec", unsafe.Offsetof(searchBlock{}.TimeUsec), 40},
		{"fssearchblock.searchparams1", unsafe.Offsetof(searchBlock{}.Params1), 48},
		{"fssearchblock.sizeofsearchparams2", unsafe.Offsetof(searchBlock{}.Params2Size), 72},
		{"fssearchblock.searchattrs", unsafe.Offsetof(searchBlock{}.SearchAttrs), 80},
		{"searchstate", searchStateSize, 556},
		{"SRCHFS_START", searchStart, 0x1},
		{"SRCHFS_MATCHDIRS", searchMatchDirs, 0x4},
		{"SRCHFS_MATCHFILES", searchMatchFiles, 0x8},
		{"a script code", searchScript, 0x08000103},
		{"FSOPT_NOFOLLOW", FSOptNoFollow, 0x1},
		{"ATTR_CMN_NAME", AttrCmnName, 0x1},
		{"ATTR_CMN_MODTIME", AttrCmnModTime, 0x400},
		{"ATTR_CMN_ACCTIME", AttrCmnAccTime, 0x1000},
		{"ATTR_CMN_FLAGS", AttrCmnFlags, 0x40000},
		{"ATTR_FILE_TOTALSIZE", AttrFileTotalSize, 0x2},
		{"ATTR_FILE_DATALENGTH", AttrFileDataLength, 0x200},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %#x, want %#x", tt.name, tt.got, tt.want)
		}
	}
}

// A list reads the same for the kernel as for Go.
func TestPacked(t *testing.T) {
	got := packed(AttrList{BitmapCount: AttrBitMapCount, Common: AttrCmnAccessMask, File: AttrFileDataLength})
	want := []byte{5, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0}
	if !bytes.Equal(got, want) {
		t.Errorf("packed = % x, want % x", got, want)
	}
	block := packed(searchBlock{TimeUsec: searchTime, SearchAttrs: AttrList{Common: AttrCmnName}})
	if !bytes.Equal(block[40:48], []byte{0xa0, 0x86, 1, 0, 0, 0, 0, 0}) || block[84] != 1 {
		t.Errorf("packed = % x", block)
	}
}

func TestSearchParams(t *testing.T) {
	first, second := searchParams("tmp")
	if want := []byte{12, 0, 0, 0, 8, 0, 0, 0, 4, 0, 0, 0, 't', 'm', 'p', 0}; !bytes.Equal(first, want) {
		t.Errorf("first = % x, want % x", first, want)
	}
	if want := []byte{8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0}; !bytes.Equal(second, want) {
		t.Errorf("second = % x, want % x", second, want)
	}
}
