package mounts_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/mounts"
)

func TestParsePoint(t *testing.T) {
	for _, tt := range []struct {
		line string
		want mounts.Point
		ok   bool
	}{
		{`36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`, mounts.Point{36, "98:0", "/mnt1", "/mnt2", "ext3"}, true},
		{`36 35 98:0 / /a\040b\011\012\134 rw - tmpfs t rw`, mounts.Point{36, "98:0", "/", "/a b\t\n\\", "tmpfs"}, true},
		{`36 35 98:0 / /x rw shared:1 master:2 unbindable - fuse.x  rw`, mounts.Point{36, "98:0", "/", "/x", "fuse.x"}, true}, // an empty source
		{`36 35 98:0 / /x rw`, mounts.Point{}, false},
		{`x 35 98:0 / /x rw - tmpfs t rw`, mounts.Point{}, false},
		{`36 35 98:0 / /x\04 rw - tmpfs t rw`, mounts.Point{}, false},
		{``, mounts.Point{}, false},
	} {
		if p, ok := mounts.ParsePoint(tt.line); ok != tt.ok || ok && p != tt.want {
			t.Errorf("%q gives %+v, %t, want %+v, %t", tt.line, p, ok, tt.want, tt.ok)
		}
	}
}

func FuzzUnescape(f *testing.F) {
	for _, text := range []string{"/a b", `\`, "/x\n\t", "", "\\040"} {
		f.Add(text)
	}
	escape := strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`)
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = mounts.Unescape(text)
		if got, ok := mounts.Unescape(escape.Replace(text)); !ok || got != text {
			t.Errorf("%q comes back as %q, %t", text, got, ok)
		}
	})
}

// A table is read without a fault or refused, and another path is never the same
// one, and never relative.
func FuzzElsewhere(f *testing.F) {
	for _, path := range []string{"/data/f", "/bind/f", "/bind", "/", "", "bind"} {
		f.Add(table, uint64(3), path)
	}
	f.Fuzz(func(t *testing.T, text string, id uint64, path string) {
		m, err := mounts.At(text, id, path)
		if err != nil {
			return
		}
		if m.Elsewhere != "" && m.Elsewhere == path {
			t.Errorf("%q is elsewhere at %q", path, m.Elsewhere)
		}
		if !mounts.Below(path, m.Path) {
			t.Errorf("%q is said to be in the mount on %q", path, m.Path)
		}
	})
}

// table has the ways in which one file system can be mounted more than once.
const table = `1 1 8:1 / / rw - ext4 d rw
2 1 0:5 / /dev rw - devtmpfs d rw
3 1 8:1 /data /bind rw - ext4 d rw
4 1 8:1 / /again rw - ext4 d rw
5 1 8:1 /data/sub/f /one rw - ext4 d rw
6 1 8:1 /gone//deleted /gone rw - ext4 d rw
7 1 8:2 /@ /btrfs rw - btrfs d rw
8 1 8:2 /@home /btrfs/home rw - btrfs d rw
9 1 8:1 /dat /dat rw - ext4 d rw
10 1 8:1 /hidden /shown rw - ext4 d rw
11 1 0:9 / /hidden rw - tmpfs d rw
12 1 8:3 /a /first rw - xfs d rw
13 1 8:3 /a /second rw - xfs d rw
`

func TestElsewhere(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		id         uint64
		mount      string
		elsewhere  string
		fault      string
	}{
		{name: "plain", id: 1, path: "/data/f", mount: "/"},
		{name: "root_itself", id: 1, path: "/", mount: "/"},
		{name: "bind_of_a_folder", id: 3, path: "/bind/sub/f", mount: "/bind", elsewhere: "/data/sub/f"},
		{name: "its_root", id: 3, path: "/bind", mount: "/bind", elsewhere: "/data"},
		{name: "bind_of_everything", id: 4, path: "/again/data/f", mount: "/again", elsewhere: "/data/f"},
		{name: "its_root_too", id: 4, path: "/again", mount: "/again", elsewhere: "/"},
		{name: "bind_of_a_file", id: 5, path: "/one", mount: "/one", elsewhere: "/data/sub/f"},
		{name: "of_what_was_removed", id: 6, path: "/gone/f", mount: "/gone"},
		{name: "parts_side_by_side", id: 8, path: "/btrfs/home/f", mount: "/btrfs/home"},
		{name: "onto_itself", id: 9, path: "/dat/f", mount: "/dat"},
		{name: "origin_covered", id: 10, path: "/shown/f", mount: "/shown"},
		{name: "first_of_two", id: 12, path: "/first/f", mount: "/first"},
		{name: "second_of_two", id: 13, path: "/second/f", mount: "/second", elsewhere: "/first/f"},
		{name: "no_such_mount", id: 99, path: "/f", fault: "not in the process's table"},
		{name: "not_in_the_mount", id: 3, path: "/bindings/f", fault: "not below its mount's"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := mounts.At(table, tt.id, tt.path)
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) {
					t.Errorf("mount %+v, %v, want the error %q", m, err, tt.fault)
				}
				return
			}
			if err != nil || m.Path != tt.mount || m.Elsewhere != tt.elsewhere {
				t.Errorf("mount %+v, %v, want it on %q and the file at %q too", m, err, tt.mount, tt.elsewhere)
			}
		})
	}
}
