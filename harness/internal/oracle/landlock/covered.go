package landlock

// answers has one function for each operation; it tells the variants apart.
var answers = map[string]func(*asker) (Answer, error){
	"fs.execute":    (*asker).execute,
	"fs.ioctl_dev":  (*asker).ioctl,
	"fs.read_dir":   func(a *asker) (Answer, error) { return a.open(openCall{read: true, directory: true}) },
	"fs.read_file":  (*asker).read,
	"fs.truncate":   (*asker).truncation,
	"fs.write_file": (*asker).write,

	"fs.make_block": func(a *asker) (Answer, error) { return a.create(Block) },
	"fs.make_char":  func(a *asker) (Answer, error) { return a.create(Char) },
	"fs.make_dir":   func(a *asker) (Answer, error) { return a.create(Dir) },
	"fs.make_fifo":  func(a *asker) (Answer, error) { return a.create(FIFO) },
	"fs.make_reg":   (*asker).makeReg,
	"fs.make_sock":  func(a *asker) (Answer, error) { return a.create(Socket) },
	"fs.make_sym":   func(a *asker) (Answer, error) { return a.create(Symlink) },

	"fs.remove_dir":  (*asker).rmdir,
	"fs.remove_file": (*asker).unlink,
	"fs.refer":       (*asker).refer,
	"syscall.link":   (*asker).link,
	"syscall.rename": (*asker).rename,

	"fs.change_topology": (*asker).topology,

	"net.bind_tcp":    (*asker).bindTCP,
	"net.connect_tcp": (*asker).connectTCP,

	"ptrace":                     (*asker).ptrace,
	"scope.abstract_unix_socket": (*asker).abstractSocket,
	"scope.signal":               (*asker).signal,

	"syscall.access":            func(a *asker) (Answer, error) { return a.meta(metaCall{}) },
	"syscall.chdir":             func(a *asker) (Answer, error) { return a.meta(metaCall{directory: true, want: permSearch}) },
	"syscall.chmod":             (*asker).chmod,
	"syscall.chown":             func(a *asker) (Answer, error) { return a.meta(metaCall{owner: true}) },
	"syscall.chroot":            (*asker).chroot,
	"syscall.flock":             func(a *asker) (Answer, error) { return a.held(openCall{read: true}) },
	"syscall.inotify_add_watch": func(a *asker) (Answer, error) { return a.meta(metaCall{want: permRead}) },
	"syscall.open_path":         func(a *asker) (Answer, error) { return a.meta(metaCall{}) },
	"syscall.readlink":          (*asker).readlink,
	"syscall.setxattr":          (*asker).xattr,
	"syscall.stat":              func(a *asker) (Answer, error) { return a.meta(metaCall{nofollow: a.variant == "lstat"}) },
	"syscall.statfs":            func(a *asker) (Answer, error) { return a.meta(metaCall{}) },
	"syscall.utimensat":         func(a *asker) (Answer, error) { return a.meta(metaCall{owner: true}) },

	"syscall.bind":    (*asker).bindOther,
	"syscall.connect": (*asker).reachOther,
	"syscall.listen":  (*asker).free,
	"syscall.sendto":  (*asker).reachOther,
	"syscall.socket":  (*asker).socket,

	"syscall.clone":          (*asker).clone,
	"syscall.io_uring_setup": (*asker).free,
	"syscall.memfd_create":   (*asker).free,
}
