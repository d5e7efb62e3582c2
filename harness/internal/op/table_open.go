package op

// openTable holds the rights that are asked for when a file is opened, executed
// or cut, and those that a descriptor then carries.
var openTable = []Op{
	{
		Name: "fs.execute", Aliases: []string{"process-exec", "process-exec*"},
		Summary: "execute a file",
		Variants: []Variant{
			{
				Name: "execve", Calls: "execve", Denied: eacces, Rights: executeRights, Fixture: aProgram,
				Note: "needs fs.read_file too, because the kernel opens what it executes for reading; and both for a script's interpreter and a dynamic program's loader",
			},
			{
				Name: "execveat", Calls: "execveat", Denied: eacces, Rights: executeRights, Fixture: aProgram,
				Note: "needs what execve needs",
			},
			{
				Name: "fexecve", Calls: "openat(O_PATH), execveat(AT_EMPTY_PATH)", Denied: eacces, Rights: executeRights, Fixture: aProgram,
				Note: "needs what execve needs; the open with O_PATH needs no right",
			},
		},
	},
	{
		Name:    "fs.ioctl_dev",
		Summary: "send a command to a device",
		Variants: []Variant{
			{
				Name: "ioctl", Calls: "openat(O_ACCMODE), ioctl(TCGETS)", Denied: eacces, Fixture: "a terminal, e.g. /dev/ptmx",
				Note: "for terminals, e.g. /dev/ptmx; the open needs no right",
			},
			{
				Name: "ioctl_rnd", Calls: "openat(O_ACCMODE), ioctl(RNDGETENTCNT)", Denied: eacces, Fixture: "/dev/random or /dev/urandom",
				Note: "for /dev/random and /dev/urandom; the open needs no right",
			},
			{
				Name: "ioctl_held", Calls: "ioctl(TCGETS)", Fixture: "a terminal, e.g. /dev/ptmx",
				Note: "on a descriptor that was opened before the policy, which Landlock leaves alone",
			},
			{
				Name: "ioctl_nonblock", Calls: "openat(O_ACCMODE), ioctl(FIONBIO)", Fixture: "a device, e.g. /dev/null",
				Note: "one of the commands that are about the descriptor, not the device; Landlock does not mediate them",
			},
		},
	},
	{
		Name: "fs.read_dir", Summary: "list a directory",
		Variants: []Variant{
			{Name: "openat", Calls: "openat(O_RDONLY|O_DIRECTORY), getdents64", Denied: eacces, Fixture: "a directory"},
			{Name: "open", Calls: "open(O_RDONLY|O_DIRECTORY), getdents64", Denied: eacces, Fixture: "a directory"},
		},
	},
	{
		Name: "fs.read_file", Aliases: []string{"file-read*", "file-read-data"},
		Summary: "open a file for reading; nothing is read",
		Variants: []Variant{
			{Name: "openat", Calls: "openat(O_RDONLY)", Denied: eacces, Fixture: "a file"},
			{Name: "open", Calls: "open(O_RDONLY)", Denied: eacces, Fixture: "a file"},
			{Name: "openat2", Calls: "openat2(O_RDONLY)", Denied: eacces, Fixture: "a file"},
			{
				Name: "creat_rdonly", Calls: "openat(O_RDONLY|O_CREAT|O_EXCL)", Denied: eacces, Mutates: true, Fixture: noName,
				Rights: []string{"fs.read_file", "fs.make_reg"},
				Note:   "needs fs.make_reg first; with that alone it fails and leaves the file",
			},
			{
				Name: "held", Calls: "read", Fixture: "a file",
				Note: "from a descriptor that was opened before the policy, which Landlock leaves alone",
			},
		},
	},
	{
		Name:    "fs.truncate",
		Summary: "cut a file to nothing",
		Variants: []Variant{
			{Name: "truncate", Calls: "truncate", Denied: eacces, Mutates: true, Fixture: "a file"},
			{
				Name: "open_trunc", Calls: "openat(O_WRONLY|O_TRUNC)", Denied: eacces, Mutates: true, Fixture: "a file",
				Rights: []string{"fs.write_file", "fs.truncate"},
				Note:   "needs fs.write_file too",
			},
			{
				Name: "creat", Calls: "creat", Denied: eacces, Mutates: true, Fixture: "a file",
				Rights: []string{"fs.write_file", "fs.truncate"},
				Note:   "of a file that exists; needs fs.write_file too",
			},
			{
				Name: "ftruncate", Calls: "openat(O_WRONLY), ftruncate", Denied: eacces, Mutates: true, Fixture: "a file",
				Note: "needs fs.write_file for the open; when that fails, ftruncate is not reached and nothing is decided",
			},
			{
				Name: "ftruncate_held", Calls: "ftruncate", Mutates: true, Fixture: "a file",
				Note: "on a descriptor that was opened before the policy, which Landlock leaves alone",
			},
		},
	},
	{
		Name: "fs.write_file", Aliases: []string{"file-write*", "file-write-data"},
		Summary: "open an existing file for writing; nothing is written",
		Variants: []Variant{
			{Name: "openat", Calls: "openat(O_WRONLY)", Denied: eacces, Fixture: "a file"},
			{Name: "open", Calls: "open(O_WRONLY)", Denied: eacces, Fixture: "a file"},
			{Name: "openat2", Calls: "openat2(O_WRONLY)", Denied: eacces, Fixture: "a file"},
			{
				Name: "open_creat", Calls: "openat(O_WRONLY|O_CREAT|O_EXCL)", Denied: eacces, Mutates: true, Fixture: noName,
				Rights: []string{"fs.write_file", "fs.make_reg"},
				Note:   "needs fs.make_reg first; with that alone it fails and leaves the file",
			},
			{
				Name: "tmpfile", Calls: "openat(O_WRONLY|O_TMPFILE)", Denied: eacces, Fixture: "a directory",
				Note: "makes a file without a name in the target and lets it go; Landlock asks for fs.write_file alone, not for fs.make_reg",
			},
			{
				Name: "held", Calls: "write", Mutates: true, Fixture: "a file",
				Note: "appends one byte by a descriptor that was opened before the policy, which Landlock leaves alone",
			},
		},
	},
}

var executeRights = []string{"fs.execute", "fs.read_file"}

const aProgram = "an executable file that ends by itself"
