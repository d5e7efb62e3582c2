package libsystem

import (
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A call that succeeds has no errno, whatever one before it left behind.
func TestErrnoIsTheCallsOwn(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	list := AttrList{BitmapCount: AttrBitMapCount, Common: AttrCmnName}
	if err := GetAttrList("/nothing/is/here", list, 1024, 0); err != unix.ENOENT {
		t.Fatalf("GetAttrList of nothing = %v, want ENOENT", err)
	}
	ask, err := ProcBSDInfo()
	if err != nil {
		t.Fatal(err)
	}
	if _, n, errno := ask(os.Getpid()); n != BSDInfoSize || errno != 0 {
		t.Errorf("proc_pidinfo = %d, errno %d, want %d and none", n, errno, BSDInfoSize)
	}
}

// The mask that is given back is the one that was set.
func TestSetSignalMask(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const usr2 = 1 << (unix.SIGUSR2 - 1)
	before, err := SetSignalMask(usr2)
	if err != nil {
		t.Fatal(err)
	}
	if old, err := SetSignalMask(before); old != usr2 || err != nil {
		t.Errorf("SetSignalMask = %#x, %v, want %#x", old, err, usr2)
	}
}
