package op

// nameTable holds the rights to create and to remove.
var nameTable = []Op{
	{
		Name:    "fs.make_block",
		Summary: "create a block device",
		Variants: []Variant{
			{Name: "mknodat", Calls: "mknodat(S_IFBLK)", Denied: eacces, Mutates: true, Fixture: noName, Note: "needs CAP_MKNOD as well"},
			{Name: "mknod", Calls: "mknod(S_IFBLK)", Denied: eacces, Mutates: true, Fixture: noName, Note: "needs CAP_MKNOD as well"},
		},
	},
	{
		Name:    "fs.make_char",
		Summary: "create a character device",
		Variants: []Variant{
			{
				Name: "mknodat", Calls: "mknodat(S_IFCHR)", Denied: eacces, Mutates: true, Fixture: noName,
				Note: "makes device 0:0, the one that needs no CAP_MKNOD",
			},
			{
				Name: "mknod", Calls: "mknod(S_IFCHR)", Denied: eacces, Mutates: true, Fixture: noName,
				Note: "makes device 0:0, the one that needs no CAP_MKNOD",
			},
		},
	},
	{
		Name:    "fs.make_dir",
		Summary: "create a directory",
		Variants: []Variant{
			{Name: "mkdirat", Calls: "mkdirat", Denied: eacces, Mutates: true, Fixture: noName},
			{Name: "mkdir", Calls: "mkdir", Denied: eacces, Mutates: true, Fixture: noName},
		},
	},
	{
		Name:    "fs.make_fifo",
		Summary: "create a named pipe",
		Variants: []Variant{
			{Name: "mknodat", Calls: "mknodat(S_IFIFO)", Denied: eacces, Mutates: true, Fixture: noName},
			{Name: "mknod", Calls: "mknod(S_IFIFO)", Denied: eacces, Mutates: true, Fixture: noName},
		},
	},
	{
		Name: "fs.make_reg", Aliases: []string{"file-write-create"},
		Summary: "create a regular file",
		Variants: []Variant{
			{Name: "mknodat", Calls: "mknodat(S_IFREG)", Denied: eacces, Mutates: true, Fixture: noName},
			{Name: "mknod", Calls: "mknod(S_IFREG)", Denied: eacces, Mutates: true, Fixture: noName},
			{
				Name: "open_creat", Calls: "openat(O_WRONLY|O_CREAT|O_EXCL)", Denied: eacces, Mutates: true, Fixture: noName,
				Rights: []string{"fs.make_reg", "fs.write_file"},
				Note:   "needs fs.write_file too; with fs.make_reg alone it fails and leaves the file",
			},
			{
				Name: "creat_rdonly", Calls: "openat(O_RDONLY|O_CREAT|O_EXCL)", Denied: eacces, Mutates: true, Fixture: noName,
				Rights: []string{"fs.make_reg", "fs.read_file"},
				Note:   "needs fs.read_file too; with fs.make_reg alone it fails and leaves the file",
			},
			{
				Name: "tmpfile", Calls: "linkat(AT_SYMLINK_FOLLOW)", Denied: eacces, Mutates: true, Fixture: noName,
				Note: "gives a name to a file that was opened with O_TMPFILE, beside the target, before the policy",
			},
		},
	},
	{
		Name:    "fs.make_sock",
		Summary: "create a unix socket's name",
		Variants: []Variant{
			{Name: "mknodat", Calls: "mknodat(S_IFSOCK)", Denied: eacces, Mutates: true, Fixture: noName},
			{Name: "mknod", Calls: "mknod(S_IFSOCK)", Denied: eacces, Mutates: true, Fixture: noName},
			{
				Name: "bind", Calls: "socket(AF_UNIX, SOCK_STREAM), bind", Denied: eacces, Mutates: true, Fixture: noName,
				Note: "the path has at most 107 bytes",
			},
			{
				Name: "bind_dgram", Calls: "socket(AF_UNIX, SOCK_DGRAM), bind", Denied: eacces, Mutates: true, Fixture: noName,
				Note: "the path has at most 107 bytes",
			},
		},
	},
	{
		Name:    "fs.make_sym",
		Summary: "create a symbolic link; the source is its text",
		Variants: []Variant{
			{Name: "symlinkat", Calls: "symlinkat", Denied: eacces, Mutates: true, TwoPaths: true, Fixture: noName},
			{Name: "symlink", Calls: "symlink", Denied: eacces, Mutates: true, TwoPaths: true, Fixture: noName},
		},
	},
	{
		Name:    "fs.remove_dir",
		Summary: "remove an empty directory",
		Variants: []Variant{
			{Name: "unlinkat", Calls: "unlinkat(AT_REMOVEDIR)", Denied: eacces, Mutates: true, Fixture: "an empty directory"},
			{Name: "rmdir", Calls: "rmdir", Denied: eacces, Mutates: true, Fixture: "an empty directory"},
		},
	},
	{
		Name: "fs.remove_file", Aliases: []string{"file-write-unlink"},
		Summary: "remove a file of any kind but a directory",
		Variants: []Variant{
			{Name: "unlinkat", Calls: "unlinkat", Denied: eacces, Mutates: true, Fixture: "a file"},
			{Name: "unlink", Calls: "unlink", Denied: eacces, Mutates: true, Fixture: "a file"},
		},
	},
}

const noName = "a directory without the target's name in it"
