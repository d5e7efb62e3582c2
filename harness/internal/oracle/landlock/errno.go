package landlock

// Linux errno numbers, the same on every architecture Go supports but mips,
// written out because the model runs on every host.
const (
	eperm        = 1
	enoent       = 2
	enxio        = 6
	enoexec      = 8
	eacces       = 13
	ebusy        = 16
	eexist       = 17
	exdev        = 18
	enotdir      = 20
	eisdir       = 21
	einval       = 22
	enotty       = 25
	erofs        = 30
	enametoolong = 36
	enotempty    = 39
	eloop        = 40
	eprototype   = 91
	eafnosupport = 97
	eaddrinuse   = 98
	econnrefused = 111
)

var errnoNames = map[int]string{
	eperm: "EPERM", enoent: "ENOENT", enxio: "ENXIO", enoexec: "ENOEXEC", eacces: "EACCES",
	ebusy: "EBUSY", eexist: "EEXIST", exdev: "EXDEV", enotdir: "ENOTDIR", eisdir: "EISDIR",
	einval: "EINVAL", enotty: "ENOTTY", erofs: "EROFS", enametoolong: "ENAMETOOLONG", enotempty: "ENOTEMPTY",
	eloop: "ELOOP", eaddrinuse: "EADDRINUSE", eprototype: "EPROTOTYPE",
	eafnosupport: "EAFNOSUPPORT", econnrefused: "ECONNREFUSED",
}

// ErrnoName is the symbolic name of an errno that an Answer may have, as Linux
// numbers it; empty for any other number.
func ErrnoName(errno int) string { return errnoNames[errno] }
