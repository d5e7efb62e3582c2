package op

import "syscall"

// Op is one operation: what a policy is asked about. Its name is the one the
// kernel's audit log prints for the access right ("fs.read_file"), or
// "syscall.<name>" for an attempt that no single right decides.
type Op struct {
	Name     string
	Aliases  []string  // Seatbelt's names for the same thing
	Variants []Variant // the ways to attempt it; the first is the default
	Summary  string    // one line for a reader
}

// Variant is one way to attempt an operation.
type Variant struct {
	Name  string // the value of a probe's "syscall" field
	Calls string // the system calls it makes, e.g. "openat(O_RDONLY)"
	Note  string // what a plan's author must know, when it is not obvious
	// Denied holds the errnos with which Landlock denies this very call. Any
	// other errno decides nothing. Empty: Landlock does not mediate it.
	Denied   []syscall.Errno
	Process  bool // the attempt owns a process
	Mutates  bool // an allowed attempt creates, removes or changes something
	TwoPaths bool // Source must be given
	Net      bool // Target is an address and a port, not a path
}

// Landlock's denials, from landlock(7) and the kernel's
// Documentation/userspace-api/landlock.rst: EACCES for every right, except that
// rename and link lacking nothing but refer give EXDEV, so that programs fall
// back to copying.
var (
	eacces        = []syscall.Errno{syscall.EACCES}
	eaccesOrExdev = []syscall.Errno{syscall.EACCES, syscall.EXDEV}
)

// table is sorted by name; a test holds that.
var table = []Op{
	{
		Name: "fs.execute", Aliases: []string{"process-exec", "process-exec*"},
		Summary: "execute a file",
		Variants: []Variant{{
			Name: "execve", Calls: "execve", Denied: eacces, Process: true,
			Note: "needs fs.read_file too, because the kernel opens what it executes for reading; and both for a script's interpreter and a dynamic program's loader",
		}},
	},
	{
		Name:    "fs.ioctl_dev",
		Summary: "send a command to a device",
		Variants: []Variant{
			{
				Name: "ioctl", Calls: "openat(O_ACCMODE), ioctl(TCGETS)", Denied: eacces,
				Note: "for terminals, e.g. /dev/ptmx; the open needs no right",
			},
			{
				Name: "ioctl_rnd", Calls: "openat(O_ACCMODE), ioctl(RNDGETENTCNT)", Denied: eacces,
				Note: "for /dev/random and /dev/urandom; the open needs no right",
			},
		},
	},
	{
		Name:    "fs.make_block",
		Summary: "create a block device",
		Variants: []Variant{{
			Name: "mknodat", Calls: "mknodat(S_IFBLK)", Denied: eacces, Mutates: true,
			Note: "needs CAP_MKNOD as well",
		}},
	},
	{
		Name:    "fs.make_char",
		Summary: "create a character device",
		Variants: []Variant{{
			Name: "mknodat", Calls: "mknodat(S_IFCHR)", Denied: eacces, Mutates: true,
			Note: "makes device 0:0, the one that needs no CAP_MKNOD",
		}},
	},
	{
		Name:    "fs.make_dir",
		Summary: "create a directory",
		Variants: []Variant{
			{Name: "mkdirat", Calls: "mkdirat", Denied: eacces, Mutates: true},
			{Name: "mkdir", Calls: "mkdir", Denied: eacces, Mutates: true},
		},
	},
	{
		Name:    "fs.make_fifo",
		Summary: "create a named pipe",
		Variants: []Variant{
			{Name: "mknodat", Calls: "mknodat(S_IFIFO)", Denied: eacces, Mutates: true},
		},
	},
	{
		Name: "fs.make_reg", Aliases: []string{"file-write-create"},
		Summary: "create a regular file",
		Variants: []Variant{
			{Name: "mknodat", Calls: "mknodat(S_IFREG)", Denied: eacces, Mutates: true},
			{
				Name: "open_creat", Calls: "openat(O_WRONLY|O_CREAT|O_EXCL)", Denied: eacces, Mutates: true,
				Note: "needs fs.write_file too; with fs.make_reg alone it fails and leaves the file",
			},
		},
	},
	{
		Name:    "fs.make_sock",
		Summary: "create a unix socket's name",
		Variants: []Variant{
			{Name: "mknodat", Calls: "mknodat(S_IFSOCK)", Denied: eacces, Mutates: true},
			{
				Name: "bind", Calls: "socket(AF_UNIX), bind", Denied: eacces, Mutates: true,
				Note: "the path has at most 107 bytes",
			},
		},
	},
	{
		Name:    "fs.make_sym",
		Summary: "create a symbolic link; the source is its text",
		Variants: []Variant{
			{Name: "symlinkat", Calls: "symlinkat", Denied: eacces, Mutates: true, TwoPaths: true},
			{Name: "symlink", Calls: "symlink", Denied: eacces, Mutates: true, TwoPaths: true},
		},
	},
	{
		Name: "fs.read_dir", Summary: "list a directory",
		Variants: []Variant{
			{Name: "openat", Calls: "openat(O_RDONLY|O_DIRECTORY), getdents64", Denied: eacces},
		},
	},
	{
		Name: "fs.read_file", Aliases: []string{"file-read*", "file-read-data"},
		Summary: "open a file for reading; nothing is read",
		Variants: []Variant{
			{Name: "openat", Calls: "openat(O_RDONLY)", Denied: eacces},
			{Name: "open", Calls: "open(O_RDONLY)", Denied: eacces},
			{Name: "openat2", Calls: "openat2(O_RDONLY)", Denied: eacces},
		},
	},
	{
		Name:    "fs.refer",
		Summary: "move or link a file from one directory into another",
		Variants: []Variant{
			{
				Name: "rename", Calls: "renameat2", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true,
				Note: "needs the rights to remove the source and to make the target too; EXDEV when fs.refer alone is missing, or the file would gain rights",
			},
			{
				Name: "link", Calls: "linkat", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true,
				Note: "needs the right to make the target too; EXDEV when fs.refer alone is missing, or the file would gain rights",
			},
		},
	},
	{
		Name:    "fs.remove_dir",
		Summary: "remove an empty directory",
		Variants: []Variant{
			{Name: "unlinkat", Calls: "unlinkat(AT_REMOVEDIR)", Denied: eacces, Mutates: true},
			{Name: "rmdir", Calls: "rmdir", Denied: eacces, Mutates: true},
		},
	},
	{
		Name: "fs.remove_file", Aliases: []string{"file-write-unlink"},
		Summary: "remove a file of any kind but a directory",
		Variants: []Variant{
			{Name: "unlinkat", Calls: "unlinkat", Denied: eacces, Mutates: true},
			{Name: "unlink", Calls: "unlink", Denied: eacces, Mutates: true},
		},
	},
	{
		Name:    "fs.truncate",
		Summary: "cut a file to nothing",
		Variants: []Variant{
			{Name: "truncate", Calls: "truncate", Denied: eacces, Mutates: true},
			{
				Name: "open_trunc", Calls: "openat(O_WRONLY|O_TRUNC)", Denied: eacces, Mutates: true,
				Note: "needs fs.write_file too",
			},
			{
				Name: "ftruncate", Calls: "openat(O_WRONLY), ftruncate", Denied: eacces, Mutates: true,
				Note: "needs fs.write_file for the open; when that fails, ftruncate is not reached and nothing is decided",
			},
		},
	},
	{
		Name: "fs.write_file", Aliases: []string{"file-write*", "file-write-data"},
		Summary: "open an existing file for writing; nothing is written",
		Variants: []Variant{
			{Name: "openat", Calls: "openat(O_WRONLY)", Denied: eacces},
			{Name: "open", Calls: "open(O_WRONLY)", Denied: eacces},
			{Name: "openat2", Calls: "openat2(O_WRONLY)", Denied: eacces},
		},
	},
	{
		Name: "net.bind_tcp", Aliases: []string{"network-bind"},
		Summary: "bind a TCP socket to a port",
		Variants: []Variant{
			{Name: "bind", Calls: "socket(SOCK_STREAM, IPPROTO_TCP), bind", Denied: eacces, Net: true},
		},
	},
	{
		Name: "net.connect_tcp", Aliases: []string{"network-outbound"},
		Summary: "connect a TCP socket to a port",
		Variants: []Variant{
			{Name: "connect", Calls: "socket(SOCK_STREAM, IPPROTO_TCP), connect", Denied: eacces, Net: true},
		},
	},
	{
		Name:    "syscall.access",
		Summary: "ask whether a file exists; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "faccessat", Calls: "faccessat(F_OK)"},
		},
	},
	{
		Name:    "syscall.chmod",
		Summary: "set a file's mode to what it is; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "fchmodat", Calls: "fchmodat", Mutates: true},
		},
	},
	{
		Name:    "syscall.link",
		Summary: "make a hard link; the rights depend on the two directories",
		Variants: []Variant{
			{Name: "linkat", Calls: "linkat", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true},
			{Name: "link", Calls: "link", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true},
		},
	},
	{
		Name:    "syscall.rename",
		Summary: "rename a file; the rights depend on the two directories",
		Variants: []Variant{
			{Name: "renameat2", Calls: "renameat2", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true},
			{Name: "rename", Calls: "rename", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true},
		},
	},
	{
		Name: "syscall.stat", Aliases: []string{"file-read-metadata"},
		Summary: "read a file's metadata; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "lstat", Calls: "newfstatat(AT_SYMLINK_NOFOLLOW)"},
			{Name: "stat", Calls: "newfstatat"},
		},
	},
}
