package op_test

import (
	"encoding/json"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/registries"
)

// entry is an operation in the vocabulary.
type entry struct {
	Name    string   `json:"name"`
	ID      int      `json:"id"`
	Aliases []string `json:"aliases,omitempty"`
}

// rights are the bits of linux/landlock.h, by the names that audit has for them;
// those that are no operation yet too, so that their ids are known.
var rights = map[string]struct {
	from int // the id of bit 0 of its kind
	mask uint64
}{
	"fs.execute":                 {0, unix.LANDLOCK_ACCESS_FS_EXECUTE},
	"fs.write_file":              {0, unix.LANDLOCK_ACCESS_FS_WRITE_FILE},
	"fs.read_file":               {0, unix.LANDLOCK_ACCESS_FS_READ_FILE},
	"fs.read_dir":                {0, unix.LANDLOCK_ACCESS_FS_READ_DIR},
	"fs.remove_dir":              {0, unix.LANDLOCK_ACCESS_FS_REMOVE_DIR},
	"fs.remove_file":             {0, unix.LANDLOCK_ACCESS_FS_REMOVE_FILE},
	"fs.make_char":               {0, unix.LANDLOCK_ACCESS_FS_MAKE_CHAR},
	"fs.make_dir":                {0, unix.LANDLOCK_ACCESS_FS_MAKE_DIR},
	"fs.make_reg":                {0, unix.LANDLOCK_ACCESS_FS_MAKE_REG},
	"fs.make_sock":               {0, unix.LANDLOCK_ACCESS_FS_MAKE_SOCK},
	"fs.make_fifo":               {0, unix.LANDLOCK_ACCESS_FS_MAKE_FIFO},
	"fs.make_block":              {0, unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK},
	"fs.make_sym":                {0, unix.LANDLOCK_ACCESS_FS_MAKE_SYM},
	"fs.refer":                   {0, unix.LANDLOCK_ACCESS_FS_REFER},
	"fs.truncate":                {0, unix.LANDLOCK_ACCESS_FS_TRUNCATE},
	"fs.ioctl_dev":               {0, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV},
	"fs.resolve_unix":            {0, unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX},
	"net.bind_tcp":               {64, unix.LANDLOCK_ACCESS_NET_BIND_TCP},
	"net.connect_tcp":            {64, unix.LANDLOCK_ACCESS_NET_CONNECT_TCP},
	"net.bind_udp":               {64, unix.LANDLOCK_ACCESS_NET_BIND_UDP},
	"net.connect_send_udp":       {64, unix.LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP},
	"scope.abstract_unix_socket": {128, unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET},
	"scope.signal":               {128, unix.LANDLOCK_SCOPE_SIGNAL},
}

// others are the operations that have no bit, in the order of their ids: a name
// is added at the end, and none is ever moved or removed.
var others = strings.Fields(`
fs.change_topology ptrace
syscall.access syscall.bind syscall.chdir syscall.chmod syscall.chown syscall.chroot syscall.clone syscall.connect
syscall.flock syscall.inotify_add_watch syscall.io_uring_setup syscall.link syscall.listen syscall.memfd_create
syscall.open_path syscall.readlink syscall.rename syscall.sendto syscall.setxattr syscall.socket syscall.stat
syscall.statfs syscall.utimensat
`)

const firstOther = 256

// idOf is the id that an operation has, or is to get.
func idOf(name string) int {
	if r, ok := rights[name]; ok {
		return r.from + bits.TrailingZeros64(r.mask)
	}
	if i := slices.Index(others, name); i >= 0 {
		return firstOther + i
	}
	return firstOther + len(others)
}

// The vocabulary of Linux has the operations of the table and no other, each
// with the id that it will always have.
func TestVocabulary(t *testing.T) {
	data, err := registries.FS.ReadFile("vocab/linux_ops.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		System string
		Ops    []entry
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.System != "linux" {
		t.Errorf("system %q, want linux", doc.System)
	}
	if !slices.IsSortedFunc(doc.Ops, func(a, b entry) int { return a.ID - b.ID }) {
		t.Error("the entries are not in the order of their ids")
	}
	has := map[string]entry{}
	for _, o := range doc.Ops {
		has[o.Name] = o
		if _, ok := op.Lookup(o.Name); !ok {
			t.Errorf("%s is no operation of the table; an id that was given stays with its name", o.Name)
		}
	}
	for _, o := range op.All() {
		want := entry{o.Name, idOf(o.Name), o.Aliases}
		if _, ok := has[o.Name]; !ok {
			t.Errorf("registries/vocab/linux_ops.json lacks an operation; add the line\n    %s", line(t, want))
		} else if diff := cmp.Diff(want, has[o.Name]); diff != "" {
			t.Errorf("%s (-want +vocabulary):\n%s", o.Name, diff)
		}
		if _, ok := rights[o.Name]; !ok && !slices.Contains(others, o.Name) {
			t.Errorf("%s has no right of its own: add it at the end of others, above", o.Name)
		}
	}
	for name, r := range rights {
		if bits.OnesCount64(r.mask) != 1 {
			t.Errorf("%s: mask %#x is not one bit", name, r.mask)
		}
	}
}

// line is an entry as it stands in the file.
func line(t *testing.T, e entry) string {
	t.Helper()
	text, err := canon.Marshal(e, canon.Line)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}
