package seatbelt

import (
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
)

// attrList are the attributes that getattrlist is asked for by a payload.
func attrList(payload string) libsystem.AttrList {
	list := libsystem.AttrList{BitmapCount: libsystem.AttrBitMapCount}
	switch payload {
	case "cmn":
		list.Common = libsystem.AttrCmnObjType | libsystem.AttrCmnOwnerID | libsystem.AttrCmnGrpID |
			libsystem.AttrCmnAccessMask | libsystem.AttrCmnFlags
	case "cmn-name":
		list.Common = libsystem.AttrCmnName
	case "cmn-times":
		list.Common = libsystem.AttrCmnCrTime | libsystem.AttrCmnModTime | libsystem.AttrCmnChgTime | libsystem.AttrCmnAccTime
	case "file-size":
		list.File = libsystem.AttrFileTotalSize | libsystem.AttrFileDataLength
	}
	return list
}

// settable are those of a payload that setattrlist is given. The kernel refuses
// to set names and sizes so, with EINVAL and before it asks a policy
// (ATTR_CMN_SETMASK and ATTR_FILE_SETMASK of <sys/attr.h>).
func settable(payload string) libsystem.AttrList {
	list := attrList(payload)
	list.Common &= libsystem.AttrCmnName | libsystem.AttrCmnModTime | libsystem.AttrCmnAccTime | libsystem.AttrCmnFlags
	return list
}

// attrListText is an attribute list as strace would print the struct.
func attrListText(l libsystem.AttrList) string {
	return "{bitmapcount=" + strconv.Itoa(int(l.BitmapCount)) +
		", commonattr=0x" + strconv.FormatUint(uint64(l.Common), 16) +
		", fileattr=0x" + strconv.FormatUint(uint64(l.File), 16) + "}"
}
