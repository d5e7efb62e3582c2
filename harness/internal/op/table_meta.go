package op

// metaTable holds what is done to a file by its path without opening it for
// data. Landlock mediates none of it.
var metaTable = []Op{
	{
		Name:    "syscall.access",
		Summary: "ask whether a file exists; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "faccessat", Calls: "faccessat(F_OK)", Fixture: "a file"},
			{Name: "access", Calls: "access(F_OK)", Fixture: "a file"},
			{Name: "faccessat2", Calls: "faccessat2(F_OK)", Fixture: "a file"},
		},
	},
	{
		Name:    "syscall.chdir",
		Summary: "change the working directory; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "chdir", Calls: "unshare(CLONE_FS), chdir", Taints: true, Fixture: "a directory"},
			{Name: "fchdir", Calls: "unshare(CLONE_FS), openat(O_PATH), fchdir", Taints: true, Fixture: "a directory"},
		},
	},
	{
		Name:    "syscall.chmod",
		Summary: "set a file's mode to what it is; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "fchmodat", Calls: "fchmodat", Mutates: true, Fixture: "a file of the caller's"},
			{Name: "fchmod", Calls: "fchmod", Mutates: true, Fixture: "a file of the caller's", Note: "by a descriptor that was opened before the policy"},
		},
	},
	{
		Name:    "syscall.chown",
		Summary: "set a file's owner to what it is; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "fchownat", Calls: "fchownat", Mutates: true, Fixture: "a file of the caller's"},
		},
	},
	{
		Name:    "syscall.chroot",
		Summary: "change the root directory; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "chroot", Calls: "unshare(CLONE_FS), chroot", Taints: true, Fixture: "a directory", Note: "needs CAP_SYS_CHROOT"},
		},
	},
	{
		Name:    "syscall.flock",
		Summary: "lock a file; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "flock", Calls: "flock(LOCK_SH|LOCK_NB)", Fixture: "a file that nobody has locked", Note: "by a descriptor that was opened before the policy"},
		},
	},
	{
		Name:    "syscall.inotify_add_watch",
		Summary: "watch a file for changes; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "inotify_add_watch", Calls: "inotify_init1, inotify_add_watch", Fixture: "a file"},
		},
	},
	{
		Name:    "syscall.open_path",
		Summary: "open a file as a place, not for its data; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "openat", Calls: "openat(O_PATH)", Fixture: "a file"},
		},
	},
	{
		Name:    "syscall.readlink",
		Summary: "read a symbolic link; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "readlinkat", Calls: "readlinkat", Fixture: "a symbolic link"},
			{Name: "readlink", Calls: "readlink", Fixture: "a symbolic link"},
		},
	},
	{
		Name:    "syscall.setxattr",
		Summary: "read and change an extended attribute, user.rtgen; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "setxattr", Calls: "setxattr", Mutates: true, Fixture: aFileWithXattrs},
			{Name: "getxattr", Calls: "getxattr", Mutates: true, Fixture: aFileWithXattrs, Note: "the attribute is set before the policy"},
			{Name: "removexattr", Calls: "removexattr", Mutates: true, Fixture: aFileWithXattrs, Note: "the attribute is set before the policy"},
		},
	},
	{
		Name: "syscall.stat", Aliases: []string{"file-read-metadata"},
		Summary: "read a file's metadata; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "lstat", Calls: "newfstatat(AT_SYMLINK_NOFOLLOW)", Fixture: "a file"},
			{Name: "stat", Calls: "newfstatat", Fixture: "a file"},
			{Name: "statx", Calls: "statx", Fixture: "a file"},
		},
	},
	{
		Name:    "syscall.statfs",
		Summary: "ask about the file system a file is on; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "statfs", Calls: "statfs", Fixture: "a file"},
		},
	},
	{
		Name:    "syscall.utimensat",
		Summary: "set a file's times to what they are; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "utimensat", Calls: "utimensat", Mutates: true, Fixture: "a file of the caller's"},
		},
	},
}

const aFileWithXattrs = "a file of the caller's where user attributes can be set"
