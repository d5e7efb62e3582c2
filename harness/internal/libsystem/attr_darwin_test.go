package libsystem

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What x/sys/unix has of <sys/attr.h> and <sys/fcntl.h> is the same.
func TestAttrsOfUnix(t *testing.T) {
	for _, tt := range []struct {
		name      string
		got, want uintptr
	}{
		{"attrlist", unsafe.Sizeof(AttrList{}), unsafe.Sizeof(unix.Attrlist{})},
		{"ATTR_BIT_MAP_COUNT", AttrBitMapCount, unix.ATTR_BIT_MAP_COUNT},
		{"ATTR_CMN_NAME", AttrCmnName, unix.ATTR_CMN_NAME},
		{"ATTR_CMN_FSID", AttrCmnFSID, unix.ATTR_CMN_FSID},
		{"ATTR_CMN_OBJTYPE", AttrCmnObjType, unix.ATTR_CMN_OBJTYPE},
		{"ATTR_CMN_OBJID", AttrCmnObjID, unix.ATTR_CMN_OBJID},
		{"ATTR_CMN_CRTIME", AttrCmnCrTime, unix.ATTR_CMN_CRTIME},
		{"ATTR_CMN_MODTIME", AttrCmnModTime, unix.ATTR_CMN_MODTIME},
		{"ATTR_CMN_CHGTIME", AttrCmnChgTime, unix.ATTR_CMN_CHGTIME},
		{"ATTR_CMN_ACCTIME", AttrCmnAccTime, unix.ATTR_CMN_ACCTIME},
		{"ATTR_CMN_OWNERID", AttrCmnOwnerID, unix.ATTR_CMN_OWNERID},
		{"ATTR_CMN_GRPID", AttrCmnGrpID, unix.ATTR_CMN_GRPID},
		{"ATTR_CMN_ACCESSMASK", AttrCmnAccessMask, unix.ATTR_CMN_ACCESSMASK},
		{"ATTR_CMN_FLAGS", AttrCmnFlags, unix.ATTR_CMN_FLAGS},
		{"FSOPT_NOFOLLOW", FSOptNoFollow, unix.FSOPT_NOFOLLOW},
		{"F_GETPATH", unix.F_GETPATH, 50},
		{"F_GETPATH_NOFIRMLINK", unix.F_GETPATH_NOFIRMLINK, 102},
		{"timespec", unsafe.Sizeof(unix.Timespec{}), 16},
		{"timeval", unsafe.Sizeof(unix.Timeval{}), 16},
		{"statfs64", unsafe.Sizeof(unix.Statfs_t{}), 2168},
		{"statfs64.f_fstypename", unsafe.Offsetof(unix.Statfs_t{}.Fstypename), 72},
		{"statfs64.f_mntonname", unsafe.Offsetof(unix.Statfs_t{}.Mntonname), 88},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %#x, want %#x", tt.name, tt.got, tt.want)
		}
	}
}

// The calls, where this is a Mac.
func TestFileCalls(t *testing.T) {
	fd, err := unix.Open("/private/tmp", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if path, err := PathOf(fd); path != "/private/tmp" || err != nil {
		t.Errorf("PathOf = %q, %v", path, err)
	}
	if path, err := PathWithoutFirmlinks(fd); path != "/System/Volumes/Data/private/tmp" || err != nil {
		t.Errorf("PathWithoutFirmlinks = %q, %v", path, err)
	}
	list := AttrList{BitmapCount: AttrBitMapCount, Common: AttrCmnName}
	if err := GetAttrList("/private/tmp", list, 1024, 0); err != nil {
		t.Errorf("GetAttrList = %v", err)
	}
	if err := GetAttrList("/nothing/is/here", list, 1024, 0); err != unix.ENOENT {
		t.Errorf("GetAttrList of nothing = %v, want ENOENT", err)
	}
	if matches, err := SearchFS("/private/tmp", "tmp"); err != nil && err != unix.EAGAIN {
		t.Errorf("SearchFS = %d, %v", matches, err)
	}
}
