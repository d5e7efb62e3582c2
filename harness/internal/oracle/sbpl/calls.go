package sbpl

import (
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// call says which checks a system call comes to. That is XNU's doing: its
// mac_vnode_check_ hooks are public, and the operation that Seatbelt asks in
// each is what its denials print.
type call struct {
	// steps are the operations asked about the target in order. Of several in one
	// step, one is asked, which depends on what no question says.
	steps [][]string
	// nofollow says that a symlink at the end of the target is the object.
	nofollow bool
	root     bool // the target may be relative, to a descriptor of "/" that is there before
	leaf     bool // the folder of an absolute target is opened first
	// two says that the call has another path as well, for which it can be refused.
	two bool
	// volume says that the target only leads to the object, which is the root of its
	// volume.
	volume bool
	// open says that the words of the question decide what is asked.
	open bool
	// proto is udp, or unix, where the call's socket is such a one.
	proto string
}

func asks(operations ...string) call {
	c := call{}
	for _, operation := range operations {
		c.steps = append(c.steps, []string{operation})
	}
	return c
}

func (c call) itself() call { c.nofollow = true; return c }

func (c call) onVolume() call { c.volume = true; return c }

func (c call) by(proto string) call { c.proto = proto; return c }

// oneOf is a call of which it is not known what it asks.
func oneOf(operations ...string) call { return call{steps: [][]string{operations}} }

// openers are the calls that a word in parentheses may say more of.
var openers = map[string]call{
	"open": {open: true}, "fopen": {open: true},
	"openat":                                {open: true, leaf: true, root: true},
	"open(parentdir)thenopenat(dirfd,leaf)": {open: true, leaf: true},
	"openat_rootrel":                        {open: true, root: true},
	"openat(fdof/,relativepath)":            {open: true, root: true},
}

// calls has each call by its name, in lower case and without spaces.
var calls = func() map[string]call {
	m := map[string]call{}
	add := func(c call, names string) {
		for _, name := range strings.Fields(names) {
			m[name] = c
		}
	}
	for name, c := range openers {
		m[name] = c
	}
	add(oneOf("file-write-data", "file-write-create"), "creat")

	add(asks("file-read-metadata"), "stat stat64 fstatat getattrlist getattrlistat")
	add(asks("file-read-metadata").itself(), "lstat lstat64 readlink readlinkat")
	add(asks("file-read-data", "file-read-metadata"), "fstat fstat64 fgetattrlist")
	add(asks("file-read-xattr"), "getxattr listxattr")
	add(asks("file-read-data", "file-read-xattr"), "fgetxattr flistxattr")
	add(asks("file-read-data"), "opendir readdir scandir getdirentries")
	add(asks("file-test-existence"), "access(f_ok)")
	add(oneOf(append(seatbelt.Members("file*"), "process-exec*")...), "access faccessat")
	add(asks("file-search").onVolume(), "searchfs")
	add(asks("file-read-data", "file-map-executable"), "mmap mmap(exec) mmap(prot_exec) dlopen")

	add(asks("file-write-mode"), "chmod fchmodat")
	add(asks("file-read-data", "file-write-mode"), "fchmod")
	add(asks("file-write-owner"), "chown fchownat")
	add(asks("file-write-owner").itself(), "lchown")
	add(asks("file-read-data", "file-write-owner"), "fchown")
	add(asks("file-write-times"), "utimes utime")
	add(asks("file-read-data", "file-write-times"), "futimes")
	add(asks("file-write-flags"), "chflags")
	add(asks("file-read-data", "file-write-flags"), "fchflags")
	add(asks("file-write-xattr"), "setxattr removexattr")
	add(asks("file-read-data", "file-write-xattr"), "fsetxattr fremovexattr")
	add(asks("file-write-data"), "truncate ftruncate")
	add(asks("file-write-create").itself(), "mkdir mkdirat mkfifo mkfifoat symlink symlinkat")
	add(asks("file-write-unlink").itself(), "unlink unlinkat rmdir remove")
	// The library makes them of setattrlist, and what that asks goes by attribute.
	attributes := oneOf(seatbelt.Members("file-write*")...)
	add(attributes, "setattrlist utimensat")
	add(attributes.itself(), "lutimes lchmod lchflags")
	// What is moved goes away from where it was.
	moves := asks("file-write-unlink").itself()
	moves.two = true
	add(moves, "rename renameat renamex_np renameatx_np")
	// It is not known which of the two paths the target is.
	add(call{two: true}, "link linkat clonefile clonefileat copyfile exchangedata")

	add(asks("process-exec*"), "execve execv exec execl execlp execvp posix_spawn posix_spawnp")
	add(asks("process-fork"), "fork vfork")
	add(asks("network-outbound"), "connect connectx")
	add(asks("network-outbound").by("udp"), "connect_udp")
	add(asks("network-outbound").by("unix"), "connect_unix")
	add(asks("network-bind"), "bind")
	add(asks("network-bind").by("udp"), "bind_udp")
	add(asks("network-inbound"), "listen accept")
	add(asks("signal"), "kill")
	add(asks("process-info-listpids"), "proc_listpids proc_listallpids")
	add(asks("process-info-pidinfo"), "proc_pidinfo")
	add(asks("process-info-rusage"), "proc_pid_rusage")
	add(asks("mach-lookup"), "bootstrap_look_up bootstrap_look_up2 xpc_connection_create_mach_service")
	add(asks("mach-register"), "bootstrap_register bootstrap_check_in")
	add(oneOf("sysctl-read", "sysctl-write"), "sysctl sysctlbyname")
	add(asks("darwin-notification-post"), "notify_post")
	add(asks("distributed-notification-post"), "cfnotificationcenterpostnotification")
	add(oneOf(seatbelt.Members("ipc-posix-shm*")...), "shm_open")
	add(asks("ipc-posix-shm-write-unlink"), "shm_unlink")
	add(oneOf("ipc-posix-sem-create", "ipc-posix-sem-open"), "sem_open")
	add(asks("ipc-posix-sem-unlink"), "sem_unlink")
	// The kernel asks about the service, makes its client and asks about that
	// (is_io_service_open_extended of XNU's iokit/Kernel/IOUserClient.cpp).
	add(asks("iokit-open-service", "iokit-open-user-client"), "ioserviceopen")
	add(asks("system-kext-query"), "kextmanagercopyloadedkextinfo kmutil")
	add(asks("user-preference-read"), "cfpreferencescopykeylist cfpreferencescopyappvalue")
	add(asks("user-preference-write"), "cfpreferencessetappvalue")
	return m
}()

// usual is the call that an operation is about where the question names none.
var usual = map[string]string{
	"file-read*": "open(read)", "file-read-data": "open(read)",
	"file-write*": "open(write)", "file-write-data": "open(write)",
	"file-read-metadata": "lstat", "file-read-xattr": "getxattr",
	"file-write-xattr": "setxattr", "file-write-create": "open(create)",
	"file-write-unlink": "unlink", "file-write-mode": "chmod", "file-write-owner": "chown",
	"file-write-times": "utimes", "file-write-flags": "chflags",
	"process-exec*": "execve", "network*": "connect", "sysctl*": "sysctlbyname",
	"process-info*":    "proc_pidinfo",
	"network-outbound": "connect", "network-bind": "bind",
	"process-info-listpids": "proc_listpids", "process-info-rusage": "proc_pid_rusage",
}

// findCall returns the call that a question names. ok is false when it is none
// that the model knows.
func findCall(name string) (c call, ok bool) {
	key := callKey(name)
	c, ok = calls[key]
	if ok && !c.open {
		return c, true
	}
	words := ""
	if !ok {
		// What stands in parentheses behind a call that opens says how it does.
		base := ""
		for opener := range openers {
			rest, found := strings.CutPrefix(key, opener+"(")
			if found && strings.HasSuffix(rest, ")") && len(opener) > len(base) {
				base, words = opener, strings.TrimSuffix(rest, ")")
			}
		}
		if c, ok = openers[base]; !ok {
			return call{}, false
		}
	}
	c.steps, ok = opening(words)
	return c, ok
}

func callKey(name string) string {
	key := strings.ToLower(strings.Join(strings.Fields(name), ""))
	return strings.TrimSuffix(key, "()")
}

// opening reads how a file is opened; no words: as the operation says.
func opening(words string) (steps [][]string, ok bool) {
	var read, write, existing, made, may bool
	for word := range strings.FieldsFuncSeq(words, func(r rune) bool { return r == ',' || r == '|' || r == '/' }) {
		switch word {
		case "read", "readonly", "read-only", "rdonly", "o_rdonly":
			read = true
		case "write", "writeonly", "write-only", "wronly", "o_wronly", "truncate", "trunc", "o_trunc", "append", "o_append":
			write = true
		case "readwrite", "read-write", "readandwrite", "read+write", "rdwr", "o_rdwr":
			read, write = true, true
		case "existing", "existingfile":
			existing = true
		case "new", "newfile", "create", "creating", "creat", "o_excl", "excl":
			made = true
		case "o_creat":
			may = true
		case "o_cloexec", "o_nonblock", "o_directory", "directory":
		default:
			return nil, false
		}
	}
	switch {
	case made && existing:
		return nil, false
	case made:
		return [][]string{{"file-write-create"}}, true
	case may && !existing && !write:
		return [][]string{{"file-read-data", "file-write-create"}}, true
	case may && !existing && read:
		return nil, false // makes the file, or asks for both
	case may && !existing:
		return [][]string{{"file-write-data", "file-write-create"}}, true
	case !read && !write:
		return [][]string{{"file-read-data", "file-write-data", "file-write-create"}}, true
	}
	if read {
		steps = append(steps, []string{"file-read-data"})
	}
	if write {
		steps = append(steps, []string{"file-write-data"})
	}
	return steps, true
}

// narrow returns the steps as far as they can be what the question asks about.
// Of one call, all steps are asked when one fits. ok is false when none does.
func (c call) narrow(operation string) (steps [][]string, ok bool) {
	for _, step := range c.steps {
		fit := slices.DeleteFunc(slices.Clone(step), func(asked string) bool { return !seatbelt.Covers(operation, asked) })
		// A file that is opened for writing without a word of its making is there.
		if c.open && len(step) == 3 && slices.Contains(fit, "file-write-data") {
			fit = slices.DeleteFunc(fit, func(asked string) bool { return asked == "file-write-create" })
		}
		if len(fit) > 0 {
			ok = true
			step = fit
		}
		steps = append(steps, step)
	}
	return steps, ok
}
