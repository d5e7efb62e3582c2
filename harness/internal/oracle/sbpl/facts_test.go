package sbpl_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// asked is a row of the tables below: a question under a profile, and what is
// expected. denied is the first check that is denied, as "operation target".
type asked struct {
	profile   string // behind (version 1)
	operation string
	target    string
	syscall   string
	want      sbpl.Decision
	denied    string
	resolved  string // empty: not looked at
	reason    string // a part of it
	filter    string // the name of one
}

func (row asked) test(t *testing.T, w *sbpl.World) {
	t.Helper()
	a := compile(t, "(version 1)"+row.profile).Ask(sbpl.Question{
		Operation: row.operation, Target: row.target, Syscall: row.syscall, FilterName: row.filter, World: w,
	})
	what := strings.Join([]string{row.profile, row.operation, row.target, row.syscall}, " | ")
	if a.Decision != row.want {
		t.Errorf("%s: %s, want %s: %s", what, a.Decision, row.want, a.Reason)
		return
	}
	if !strings.Contains(a.Reason, row.reason) || a.Reason == "" || strings.Contains(a.Reason, "\n") {
		t.Errorf("%s: reason %q, want %q in it", what, a.Reason, row.reason)
	}
	if row.resolved != "" && a.Resolved != row.resolved {
		t.Errorf("%s: resolved to %q, want %q", what, a.Resolved, row.resolved)
	}
	first := ""
	if len(a.Missing) > 0 {
		first = a.Missing[0].Operation + " " + a.Missing[0].Target
	}
	if row.denied != "" && first != row.denied {
		t.Errorf("%s: denied %q, want %q", what, first, row.denied)
	}
	if (a.Decision == sbpl.Deny) != (len(a.Missing) > 0) {
		t.Errorf("%s: %s with %d checks denied", what, a.Decision, len(a.Missing))
	}
}

const (
	allow   = sbpl.Allow
	deny    = sbpl.Deny
	unknown = sbpl.Unknown
)

// TestFacts is a table of what is known of real hosts, beyond the decisions that
// are on record.
func TestFacts(t *testing.T) {
	const (
		read  = "file-read*"
		write = "file-write*"
		meta  = "file-read-metadata"
		open  = "open (read)"
		wr    = "open (write, existing file)"
		leaf  = "open(parent dir) then openat(dirfd, leaf)"
		root  = "openat(fd of /, relative path)"
		data  = "/System/Volumes/Data"
		links = `(deny default)(allow file-read-metadata (literal "/tmp") (literal "/var") (literal "/etc"))`
		foo   = `(allow file-read* file-write* (literal "/private/tmp/foo"))`
	)
	for name, rows := range map[string][]asked{
		"the object's path is matched": {
			{profile: links + `(allow file-read* (literal "/tmp/foo"))`, operation: read, target: "/tmp/foo", syscall: open, want: deny, denied: "file-read-data /private/tmp/foo"},
			{profile: links + foo, operation: read, target: "/tmp/foo", syscall: open, want: allow, resolved: "/private/tmp/foo"},
			{profile: links + foo, operation: read, target: "/tmp/../tmp/./foo", syscall: open, want: allow, resolved: "/private/tmp/foo"},
			{profile: links + foo, operation: read, target: "//tmp///foo", syscall: open, want: allow, resolved: "/private/tmp/foo"},
			{profile: links + foo, operation: write, target: "/tmp/foo", syscall: wr, want: allow},
		},
		"a link on the way is read": {
			{profile: `(deny default)` + foo, operation: read, target: "/tmp/foo", syscall: open, want: deny, denied: "file-read-metadata /tmp", resolved: "/private/tmp/foo"},
			{profile: `(deny default)` + foo, operation: write, target: "/tmp/foo", syscall: wr, want: deny, denied: "file-read-metadata /tmp"},
			{profile: `(allow default)(deny file-read-metadata (literal "/var"))`, operation: write, target: "/var/tmp/x", syscall: wr, want: deny, denied: "file-read-metadata /var", reason: "the rule at line 1 denies file-read-metadata of /var"},
			{profile: `(allow default)(deny file-read-metadata (literal "/var"))`, operation: write, target: "/private/var/tmp/x", syscall: wr, want: allow},
			{profile: `(allow default)(deny file-read* (require-not (subpath "/private/tmp")))`, operation: read, target: "/tmp/x", syscall: open, want: deny, denied: "file-read-metadata /tmp"},
			{profile: `(allow default)(deny file-read-metadata (subpath "/private"))`, operation: read, target: "/tmp/x", syscall: open, want: allow},
			{profile: `(allow default)(deny file-read-metadata (vnode-type SYMLINK))`, operation: read, target: "/tmp/x", syscall: open, want: deny, denied: "file-read-metadata /tmp"},
		},
		"firmlinks are renamed and not asked about": {
			{profile: `(deny default)` + foo, operation: read, target: data + "/private/tmp/foo", syscall: open, want: allow, resolved: "/private/tmp/foo"},
			{profile: `(deny default)(allow file* (subpath "/System") (literal "` + data + `/private/tmp/foo"))`, operation: read, target: data + "/private/tmp/foo", syscall: open, want: deny, denied: "file-read-data /private/tmp/foo"},
			{profile: `(deny default)(allow file* (subpath "/System"))`, operation: read, target: data + "/privateer/x", syscall: open, want: allow, resolved: data + "/privateer/x"},
			{profile: `(deny default)(allow file* (subpath "/Users/me"))`, operation: read, target: data + "/Users/me/x", syscall: open, want: allow, resolved: "/Users/me/x"},
			{profile: `(deny default)(allow file* (subpath "/System/Library/Caches"))`, operation: read, target: data + "/System/Library/Caches/x", syscall: open, want: allow, resolved: "/System/Library/Caches/x"},
			{profile: `(allow default)`, operation: read, target: data + "/private/../etc/hosts", syscall: open, want: allow, resolved: "/private/etc/hosts"},
			{profile: `(allow default)`, operation: read, target: data, syscall: open, want: allow, resolved: data},
		},
		"folders need no right, and the path is physical": {
			{profile: `(deny default)` + foo, operation: read, target: "/private/tmp/nested/../foo", syscall: open, want: allow, resolved: "/private/tmp/foo"},
			{profile: `(deny default)` + foo, operation: read, target: "/../private/./tmp/foo", syscall: open, want: allow},
			{profile: `(allow default)`, operation: read, target: "/tmp/../x", syscall: open, want: allow, resolved: "/private/x"},
			{profile: `(allow default)`, operation: read, target: "/private/tmp/vfs_linkdir/to_var_tmp/../x", syscall: open, want: allow, resolved: "/private/var/x"},
		},
		"what opening asks": {
			{profile: `(deny default)(allow file-read-data (literal "/private/tmp/foo"))`, operation: read, target: "/private/tmp/foo", syscall: open, want: allow},
			{profile: `(deny default)(allow file-read-metadata (literal "/private/tmp/foo"))`, operation: read, target: "/private/tmp/foo", syscall: open, want: deny, denied: "file-read-data /private/tmp/foo"},
			{profile: `(deny default)(allow file-write-data (literal "/private/tmp/foo"))`, operation: write, target: "/private/tmp/foo", syscall: wr, want: allow},
			{profile: `(deny default)(allow file-write-create (literal "/private/tmp/foo"))`, operation: write, target: "/private/tmp/foo", syscall: wr, want: deny},
			{profile: `(deny default)(allow file-write-create (literal "/private/tmp/foo"))`, operation: write, target: "/private/tmp/foo", syscall: "open (write, new file)", want: allow},
			{profile: `(deny default)(allow file-write-data (literal "/private/tmp/foo"))`, operation: write, target: "/private/tmp/foo", syscall: "open (O_WRONLY|O_CREAT)", want: unknown, reason: "file-write-data, file-write-create"},
			{profile: `(deny default)(allow file-write-data (literal "/private/tmp/foo"))`, operation: write, target: "/private/tmp/foo", syscall: "Open (Read, Write)", want: deny, denied: "file-read-data /private/tmp/foo"},
			{profile: `(deny default)(allow file-write-data (literal "/private/tmp/foo"))`, operation: "file-write-data", target: "/private/tmp/foo", want: allow},
			{profile: `(deny default)(allow file-read-data)`, operation: "file*", target: "/private/tmp/foo", syscall: "open", want: unknown},
			{profile: `(deny default)`, operation: "file*", target: "/private/tmp/foo", syscall: "open", want: deny},
		},
		"openat": {
			{profile: links + foo, operation: read, target: "/tmp/foo", syscall: leaf, want: deny, denied: "file-read-data /private/tmp", resolved: "/private/tmp/foo"},
			{profile: links + foo + `(allow file-read-data (literal "/tmp"))`, operation: read, target: "/tmp/foo", syscall: leaf, want: deny, denied: "file-read-data /private/tmp"},
			{profile: links + foo + `(allow file-read-data (literal "/private/tmp"))`, operation: read, target: "/tmp/foo", syscall: leaf, want: allow},
			{profile: links + foo + `(allow file-read-data (literal "/private/tmp"))`, operation: write, target: "/tmp/foo", syscall: "openat", want: allow},
			{profile: `(deny default)` + foo + `(allow file-read-data (literal "/private/tmp"))`, operation: read, target: "/tmp/foo", syscall: leaf, want: deny, denied: "file-read-metadata /tmp"},
			{profile: links + `(allow file-read-data (subpath "/private"))`, operation: read, target: "/private/tmp/vfs_linkdir/to_var_tmp", syscall: leaf, want: deny, denied: "file-read-metadata /private/tmp/vfs_linkdir/to_var_tmp", resolved: "/private/var/tmp"},
			{profile: links + foo, operation: read, target: "tmp/foo", syscall: root, want: allow},
			{profile: links + foo, operation: read, target: "tmp/foo", syscall: "openat_rootrel", want: allow},
			{profile: links + foo, operation: read, target: "tmp/foo", syscall: "openat", want: allow},
			{profile: `(deny default)` + foo, operation: read, target: "tmp/foo", syscall: root, want: deny, denied: "file-read-metadata /tmp"},
			{profile: links + foo, operation: read, target: "tmp/foo", syscall: leaf, want: unknown, reason: "absolute path"},
			{profile: links + foo, operation: read, target: "tmp/foo", syscall: "open", want: unknown, reason: "absolute path"},
			{profile: links + foo, operation: read, target: "/tmp/..", syscall: leaf, want: unknown, reason: "no last name"},
			{profile: links + foo, operation: read, target: "/", syscall: leaf, want: unknown, reason: "no last name"},
		},
		"lstat": {
			{profile: `(deny default)(allow file-read-metadata (literal "/var"))`, operation: meta, target: "/var", syscall: "lstat", want: allow, resolved: "/var"},
			{profile: `(deny default)(allow file-read-metadata (literal "/private/var"))`, operation: meta, target: "/var", syscall: "lstat", want: deny, denied: "file-read-metadata /var"},
			{profile: `(deny default)(allow file-read-metadata (literal "/private/var"))`, operation: meta, target: "/var/", syscall: "lstat", want: deny, denied: "file-read-metadata /var", resolved: "/private/var"},
			{profile: `(deny default)(allow file-read-metadata (literal "/var"))`, operation: meta, target: "/var/tmp/x", syscall: "lstat", want: deny, denied: "file-read-metadata /private/var/tmp/x"},
			{profile: `(deny default)(allow file-read-metadata (literal "/var"))`, operation: meta, target: "/var", want: allow},
			{profile: `(deny default)(allow file-read-metadata (literal "/var"))`, operation: meta, target: "/var", syscall: "stat", want: deny, denied: "file-read-metadata /private/var"},
			{profile: `(deny default)(allow file-read-metadata (literal "/private/tmp/foo"))`, operation: read, target: "/private/tmp/foo", syscall: "lstat", want: allow},
		},
		"reasons": {
			{profile: "\n(deny default)" + foo, operation: read, target: "/var/x", syscall: open, want: deny, reason: "file-read-metadata of /var is denied: no rule matches, (deny default) at line 2 applies"},
			{profile: "\n(deny default)\n" + foo, operation: read, target: "/private/tmp/foo", syscall: open, want: allow, reason: `the rule at line 3 allows file-read-data of /private/tmp/foo: (literal "/private/tmp/foo") matches`},
			{profile: "(deny default)\n(allow file* (require-all (subpath \"/x\") (require-not (literal \"/x/y\"))))", operation: read, target: "/x/z", syscall: open, want: allow, reason: `(require-all (subpath "/x") (require-not (literal "/x/y"))) matches`},
			{profile: "(deny default)\n(allow file* (file-mode 4))", operation: read, target: "/x", syscall: open, want: unknown, reason: `file-read-data of /x is unknown: (file-mode 4) at test.sb:2: the model does not know what mode the file has`},
		},
		"the default and several filters": {
			{profile: ``, operation: read, target: "/x", want: deny, reason: "the profile has no default"},
			{profile: `(allow file-read* (literal "/x"))(deny default)`, operation: read, target: "/x", want: allow},
			{profile: `(deny default)(allow default)`, operation: read, target: "/x", want: allow, reason: "no rule matches, (allow default) at line 1 applies"},
			{profile: `(allow default)(deny file-read* (literal "/a") (literal "/b"))`, operation: read, target: "/b", want: deny},
			{profile: `(allow default)(deny file-read* (literal "/a"))(allow file-read-data (literal "/a"))`, operation: read, target: "/a", want: allow},
			{profile: `(allow default)(allow file-read-data (literal "/a"))(deny file-read* (literal "/a"))`, operation: read, target: "/a", want: deny},
			{profile: `(allow default)(deny file-read* (subpath "/a"))(allow file-read* (subpath "/a/b"))`, operation: read, target: "/a/b/c", want: allow},
			{profile: `(allow default)(deny file-read* (subpath "/a"))(allow file-read* (subpath "/a/b"))`, operation: read, target: "/a/bc", want: deny},
			{profile: `(deny default)(allow file*)`, operation: write, target: "/x", want: allow, reason: "(allow file*) has no filter"},
			{profile: `(deny default)(allow file-unlink (literal "/x"))`, operation: "file-write-unlink", target: "/x", want: allow},
		},
		"other names": {
			{profile: `(deny default)(allow mach-lookup (global-name "a.b"))`, operation: "mach-lookup", target: "a.b", want: allow},
			{profile: `(deny default)(allow mach-lookup (global-name "a.b"))`, operation: "mach-lookup", target: "a.b", filter: "local-name", want: deny},
			{profile: `(deny default)(allow mach-lookup (local-name "a.b"))`, operation: "mach-lookup", target: "a.b", want: deny},
			{profile: `(deny default)(allow mach-lookup (global-name-prefix "a."))`, operation: "mach-lookup", target: "a.b", want: allow},
			{profile: `(deny default)(allow mach-lookup (global-name-regex #"^a\.[bc]$"))`, operation: "mach-lookup", target: "a.c", want: allow},
			{profile: `(deny default)(allow mach-lookup (global-name-regex #"^a\.[bc]$"))`, operation: "mach-lookup", target: "a.d", want: deny},
			{profile: `(deny default)(allow mach-lookup (global-name "a.b"))`, operation: "mach-register", target: "a.b", want: deny},
			{profile: `(deny default)(allow mach*)`, operation: "mach-register", target: "a.b", want: allow},
			{profile: `(deny default)(allow mach-lookup)`, operation: "mach-lookup", target: "a.b", filter: "sysctl-name", want: unknown, reason: "use global-name"},
			{profile: `(deny default)(allow sysctl-read (sysctl-name "kern.ostype"))`, operation: "sysctl-read", target: "kern.ostype", syscall: "sysctlbyname", want: allow},
			{profile: `(deny default)(allow sysctl-read (sysctl-name-prefix "kern."))`, operation: "sysctl-read", target: "hw.ncpu", want: deny},
			{profile: `(deny default)(allow ipc-posix-shm (ipc-posix-name "foo"))`, operation: "ipc-posix-shm-write-create", target: "foo", syscall: "shm_open", want: unknown, reason: "a slash"},
			{profile: `(deny default)(allow ipc-posix-shm (ipc-posix-name "foo"))`, operation: "ipc-posix-shm-read-data", target: "foo", want: allow},
			{profile: `(deny default)(deny iokit-get-properties)(allow iokit-get-properties (iokit-property "a"))`, operation: "iokit-get-properties", target: "a", filter: "iokit-property", want: allow},
			{profile: `(deny default)(deny iokit-get-properties)(allow iokit-get-properties (iokit-property "a"))`, operation: "iokit-get-properties", target: "a", filter: "sysctl-name", want: unknown, reason: "; use iokit-registry-entry-class, "},
			{profile: `(deny default)`, operation: "nvram-get", target: "a", want: unknown, reason: "up to the release"},
			{profile: ` `, operation: "file-map-executable", target: "/a", want: unknown, reason: "up to the release"},
			{profile: `(allow default)`, operation: "file-map-executable", target: "/a", want: allow},
			{profile: `(deny default)(deny nvram*)`, operation: "nvram-get", target: "a", want: deny},
			{profile: `(deny default)(allow ipc-posix-shm (ipc-posix-name "/foo"))`, operation: "ipc-posix-shm-write-create", target: "/foo", syscall: "shm_open", want: allow},
			{profile: `(deny default)(allow ipc-posix-shm (ipc-posix-name "foo"))`, operation: "ipc-posix-shm-write-create", target: "/foo", want: deny},
			{profile: `(deny default)(allow ipc-posix-shm (ipc-posix-name "bar"))`, operation: "ipc-posix-shm-write-create", target: "foo", want: deny},
			{profile: `(deny default)(allow iokit-open (iokit-user-client-class "C"))`, operation: "iokit-open-user-client", target: "C", want: allow},
			{profile: `(deny default)(allow iokit-open (iokit-user-client-class "D"))`, operation: "iokit-open-user-client", target: "C", want: unknown},
			{profile: `(deny default)(allow iokit-open (iokit-registry-entry-class "C"))`, operation: "iokit-open-service", target: "C", want: allow},
			{profile: `(deny default)(allow iokit-open (iokit-user-client-class "C"))`, operation: "iokit-open-service", target: "C", want: unknown},
			{profile: `(deny default)(allow process-fork)`, operation: "process-fork", want: allow},
			{profile: `(deny default)`, operation: "process-fork", target: "anything", want: deny},
			{profile: `(deny default)(allow fs-rename (subpath "/x"))`, operation: "fs-rename", target: "/x/y", want: unknown, reason: "what filters there are"},
			{profile: `(deny default)(allow fs-rename (subpath "/x"))(allow fs-rename)`, operation: "fs-rename", target: "/x/y", want: allow},
			{profile: `(deny default)(allow user-preference-read (preference-domain "a"))`, operation: "user-preference-read", target: "a", want: allow},
			{profile: `(deny default)(allow authorization-right-obtain (right-name "a"))`, operation: "authorization-right-obtain", target: "a", want: allow},
			{profile: `(deny default)`, operation: "mach-lookup", want: unknown, reason: "empty"},
		},
		"processes": {
			{profile: `(deny default)(allow signal (target self))`, operation: "signal", target: "self", syscall: "kill", want: allow},
			{profile: `(deny default)(allow signal (target self))`, operation: "signal", target: "child", want: deny},
			{profile: `(deny default)(allow signal (target children))`, operation: "signal", target: "child", want: allow},
			{profile: `(deny default)(allow signal (target same-sandbox))`, operation: "signal", target: "same-sandbox", want: allow},
			{profile: `(deny default)(allow signal (target same-sandbox))`, operation: "signal", target: "self", want: allow},
			{profile: `(deny default)(allow signal (target pgrp))`, operation: "signal", target: "child", want: unknown},
			{profile: `(deny default)(allow signal (target self))`, operation: "signal", target: "17", want: unknown},
			{profile: `(deny default)(allow process-info* (target self))`, operation: "process-info-pidinfo", target: "self", syscall: "proc_pidinfo", want: allow},
			{profile: `(allow default)(deny process-info* (target others))`, operation: "process-info-pidinfo", target: "self", want: allow},
			{profile: `(deny default)(allow signal)`, operation: "signal", target: "17", want: allow},
			{profile: `(deny default)(allow process-info-rusage (target self))`, operation: "process-info-rusage", target: "self", syscall: "proc_pid_rusage", want: allow},
			{profile: `(allow default)(deny process-info*)(allow process-info-pidinfo)`, operation: "process-info-rusage", target: "self", want: deny},
			{profile: `(deny default)(allow process-info*)`, operation: "process-info-listpids", syscall: "proc_listpids", want: allow},
			{profile: `(allow default)(deny process-info-listpids)`, operation: "process-info-listpids", want: deny},
			{profile: `(deny default)(allow process-info-listpids (target self))`, operation: "process-info-listpids", want: unknown},
		},
		"the network": {
			{profile: `(deny default)(allow network-outbound (remote ip "localhost:80"))`, operation: "network-outbound", target: "127.0.0.1:80", syscall: "connect", want: allow},
			{profile: `(deny default)(allow network-outbound (remote ip "localhost:80"))`, operation: "network-outbound", target: "[::1]:80", want: allow},
			{profile: `(deny default)(allow network-outbound (remote ip "localhost:80"))`, operation: "network-outbound", target: "localhost:81", want: deny},
			{profile: `(deny default)(allow network-outbound (remote ip "localhost:*"))`, operation: "network-outbound", target: "10.0.0.1:80", want: deny},
			{profile: `(deny default)(allow network-outbound (remote ip "*:443"))`, operation: "network-outbound", target: "example.com:443", want: allow},
			{profile: `(deny default)(allow network-outbound (remote ip "localhost:443"))`, operation: "network-outbound", target: "example.com:443", want: unknown},
			{profile: `(deny default)(allow network-outbound (remote ip "10.0.0.1:80"))`, operation: "network-outbound", target: "10.0.0.1:80", want: unknown, reason: "no address that Seatbelt takes"},
			{profile: `(deny default)(allow network-outbound (remote udp "*:53"))`, operation: "network-outbound", target: "10.0.0.1:53", want: deny},
			{profile: `(deny default)(allow network-outbound (remote udp "*:53"))`, operation: "network-outbound", target: "10.0.0.1:53", filter: "udp", want: allow},
			{profile: `(deny default)(allow network-outbound (remote tcp4 "*:*"))`, operation: "network-outbound", target: "[::1]:80", want: deny},
			{profile: `(deny default)(allow network-outbound (remote ip4 "*:80"))`, operation: "network-outbound", target: "localhost:80", want: unknown},
			{profile: `(deny default)(allow network-bind (local ip "*:8080"))`, operation: "network-bind", target: "0.0.0.0:8080", syscall: "bind", want: allow},
			{profile: `(deny default)(allow network-bind (local udp "*:8080"))`, operation: "network-bind", target: "0.0.0.0:8080", syscall: "bind", want: deny},
			{profile: `(deny default)(allow network-bind (local udp "*:8080"))`, operation: "network-bind", target: "0.0.0.0:8080", syscall: "bind_udp", want: allow},
			{profile: `(deny default)(allow network-bind (local tcp "localhost:*"))`, operation: "network-bind", target: "127.0.0.1:0", want: allow},
			{profile: `(deny default)(allow network-outbound (remote udp "*:53"))`, operation: "network-outbound", target: "10.0.0.1:53", syscall: "connect_udp", want: allow},
			{profile: `(deny default)(allow network-outbound (remote tcp "*:53"))`, operation: "network-outbound", target: "10.0.0.1:53", syscall: "connect_udp", want: deny},
			{profile: `(deny default)(allow network-outbound)`, operation: "network-outbound", target: "10.0.0.1:53", syscall: "connect_udp", filter: "tcp", want: unknown, reason: "connect_udp is not asked about by tcp"},
			{profile: `(deny default)(allow network-outbound)`, operation: "network-outbound", target: "/private/var/run/s", syscall: "connect_udp", want: unknown, reason: "no address and port"},
			{profile: `(deny default)(allow network* (remote unix-socket (path-literal "/private/var/run/s")))`, operation: "network-outbound", target: "/private/var/run/s", want: allow},
			{profile: `(deny default)(allow network* (remote unix-socket (path-literal "/private/var/run/s")))`, operation: "network-outbound", target: "/var/run/s", want: deny, denied: "file-read-metadata /var"},
			{profile: `(deny default)(allow network-outbound (literal "/private/var/run/s"))`, operation: "network-outbound", target: "/private/var/run/s", syscall: "connect_unix", want: allow},
			{profile: `(deny default)(allow network-outbound (remote unix-socket))`, operation: "network-outbound", target: "127.0.0.1:80", syscall: "connect_unix", want: unknown, reason: "no path from / of a socket"},
			{profile: `(deny default)(allow network* (literal "/private/var/run/s"))`, operation: "network-outbound", target: "/private/var/run/s", want: allow},
			{profile: `(deny default)(allow network* (remote unix-socket))`, operation: "network-outbound", target: "127.0.0.1:80", want: deny},
			{profile: `(deny default)(allow network-outbound)`, operation: "network-outbound", target: "nowhere", want: unknown, reason: "no address and port"},
			{profile: `(deny default)(allow network-bind)`, operation: "network-bind", target: "/private/tmp/s", syscall: "bind", want: deny, denied: "file-write-create /private/tmp/s"},
			{profile: `(deny default)(allow network* (local ip "*:8080"))`, operation: "network*", target: "0.0.0.0:8080", syscall: "bind", want: allow},
			{profile: `(deny default)(allow network* (remote ip "*:80"))`, operation: "network*", target: "10.0.0.1:80", want: allow},
			{profile: `(deny default)(allow network* (remote tcp "*:80"))`, operation: "network-outbound", target: "10.0.0.1:80", syscall: "sendto", want: unknown},
			{profile: `(deny default)(allow network* (control-name "a"))`, operation: "network-outbound", target: "127.0.0.1:80", want: deny},
			{profile: `(deny default)(allow network* (socket-domain AF_INET))`, operation: "network-outbound", target: "127.0.0.1:80", want: allow},
			{profile: `(deny default)(allow network* (socket-domain AF_UNIX))`, operation: "network-outbound", target: "127.0.0.1:80", want: deny},
		},
		"bad questions": {
			{operation: "file-rread*", target: "/x", want: unknown, reason: `did you mean "file-read*"?`},
			{operation: "default", target: "/x", want: unknown},
			{operation: "qtn-download", target: "/x", want: unknown},
			{operation: write, target: "/x", syscall: open, want: unknown, reason: "does not ask about"},
			{operation: meta, target: "/x", syscall: open, want: unknown, reason: "does not ask about"},
			{operation: "file-read-data", target: "/x", syscall: "lstat", want: unknown, reason: "does not ask about"},
			{operation: "mach-lookup", target: "x", syscall: open, want: unknown},
			{operation: read, target: "", syscall: open, want: unknown, reason: "empty"},
			{operation: read, target: "/a\x00b", syscall: open, want: unknown, reason: "NUL"},
			{operation: read, target: "/.vol/1/2", syscall: open, want: unknown},
			{operation: read, target: "/dev/fd/3", syscall: open, want: unknown},
			{operation: read, target: "/" + strings.Repeat("x", 256), syscall: open, want: unknown},
			{operation: read, target: "/" + strings.Repeat("x/", 600), syscall: open, want: unknown},
			{operation: read, target: "/x", filter: "global-name", want: unknown},
			{profile: "(allow default)", operation: read, target: "/x", syscall: "opne", want: allow, reason: `does not know the call "opne"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := sbpl.FindWorld("sonoma-14.4.1-23E224-arm64-dyld-a3a840f9")
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				row.profile = cmp.Or(row.profile, " ")
				row.test(t, w)
			}
		})
	}
}
