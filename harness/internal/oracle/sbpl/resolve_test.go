package sbpl

import (
	"slices"
	"strings"
	"testing"
)

func TestWalk(t *testing.T) {
	w, err := MacOS().With(map[string]string{
		"/tmp/rel":          "../var/./x",     // in /private/tmp: /private/var/x
		"/a":                "/b",             //
		"/b/l":              "deep/er",        //
		"/loop":             "/loop",          //
		"/x/1":              "../x/2",         //
		"/x/2":              "1/",             //
		"/to-data":          dataVolume,       //
		"/Users/me/Desktop": "/Volumes/D/",    //
		"/climb":            "../../..",       //
		"/chain":            "/tmp/rel/a/../", //
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		path   string
		follow bool
		want   string
		links  string
		failed string
	}{
		{"/", true, "/", "", ""},
		{"/tmp", true, "/private/tmp", "/tmp", ""},
		{"/tmp", false, "/tmp", "", ""},
		{"/tmp/", false, "/private/tmp", "/tmp", ""},
		{"/tmp/.", false, "/private/tmp", "/tmp", ""},
		{"/TMP/x", true, "/private/tmp/x", "/tmp", ""},
		{"/tmp/rel/y", true, "/private/var/x/y", "/tmp /private/tmp/rel", ""},
		{"/private/tmp/rel", true, "/private/var/x", "/private/tmp/rel", ""},
		{"/a/l", true, "/b/deep/er", "/a /b/l", ""},
		{"/a/l/../z", true, "/b/deep/z", "/a /b/l", ""},
		{"/loop/x", true, "", strings.TrimSpace(strings.Repeat("/loop ", 32)), "ELOOP"},
		{"/loop", false, "/loop", "", ""},
		{"/x/1", true, "", strings.TrimSpace(strings.Repeat("/x/1 /x/2 ", 16)), "ELOOP"},
		{"/to-data/private/tmp/f", true, "/private/tmp/f", "/to-data", ""},
		{"/System/Volumes/Data/tmp/x", true, "/System/Volumes/Data/tmp/x", "", ""},
		{"/system/volumes/data/PRIVATE/x", true, "/private/x", "", ""},
		{"/Users/me/Desktop", true, "/Volumes/D", "/Users/me/Desktop", ""},
		{"/System/Volumes/Data/Users/me/Desktop/f", true, "/Volumes/D/f", "/Users/me/Desktop", ""},
		{"/climb/x", true, "/x", "/climb", ""},
		{"/chain", true, "/private/var/x", "/chain /tmp /private/tmp/rel", ""},
		{"/home/u", true, "/System/Volumes/Data/home/u", "/home", ""},
		{"/dev/fd/1", true, "", "", "descriptors"},
		{"/dev/stdin", true, "", "", "descriptors"},
		{"/dev/null", true, "/dev/null", "", ""},
		{"/x/..namedfork/rsrc", true, "", "", "forks"},
		{"/dev/../.vol/1", true, "", "", "/.vol"},
	} {
		r := w.walk(row.path, row.follow)
		if r.path != row.want || strings.Join(r.links, " ") != row.links || !strings.Contains(r.failed, row.failed) || (r.failed == "") != (row.failed == "") {
			t.Errorf("walk(%q, %v) = %+v, want %q by %q, %q", row.path, row.follow, r, row.want, row.links, row.failed)
		}
	}
}

// A denial is sure before the walk comes to nothing.
func TestWalkDenied(t *testing.T) {
	w, err := MacOS().With(map[string]string{"/loop": "/loop"})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Decision{
		`(allow default)`: Unknown,
		`(deny default)`:  Deny,
	} {
		p, _ := Compile(Source{Text: text})
		a := p.Ask(Question{Operation: "file-read*", Target: "/loop/x", World: w})
		if a.Decision != want || a.Resolved != "" {
			t.Errorf("%s: %s, resolved to %q: %s", text, a.Decision, a.Resolved, a.Reason)
		}
	}
}

func TestFindWorld(t *testing.T) {
	recorded, err := FindWorld("sonoma-14.4.1-23E224-arm64-dyld-a3a840f9")
	if err != nil {
		t.Fatal(err)
	}
	other, err := FindWorld("big-sur-11.7-20G817-x86_64-dyld-00ff00ff")
	if err != nil {
		t.Fatal(err)
	}
	const link = "/tmp/vfs_linkdir/to_var_tmp"
	if got := recorded.walk(link, true).path; got != "/private/var/tmp" {
		t.Errorf("of the host on record, %s leads to %s", link, got)
	}
	if got := other.walk(link, true).path; got != "/private"+link {
		t.Errorf("of a host that is not on record, %s leads to %s", link, got)
	}
	if got := other.ID(); got != "big-sur-11.7-20G817-x86_64-dyld-00ff00ff" {
		t.Errorf("ID() = %q", got)
	}
	for _, id := range []string{"", "linux-6.1-x86_64-landlock4-00000000", "sonoma-14.4.1-23E224-arm64-dyld-A3A840F9", "sonoma-14.4.1-23E224-arm64-dyld-a3a840f", "x sonoma-14.4.1-23E224-arm64-dyld-a3a840f9"} {
		if _, err := FindWorld(id); err == nil || !strings.Contains(err.Error(), "<codename>-<version>") {
			t.Errorf("FindWorld(%q): %v", id, err)
		}
	}
}

func TestWith(t *testing.T) {
	for _, row := range []struct {
		name  string
		links map[string]string
		path  string
		want  string
		err   string
	}{
		{"through a link", map[string]string{"/tmp/l": "/x"}, "/private/tmp/l", "/x", ""},
		{"through one another", map[string]string{"/c/d/e": "/y", "/a": "/b", "/b/d": "/z", "/c": "/a"}, "/z/e", "/y", ""},
		{"through a firmlink", map[string]string{dataVolume + "/private/l": "/x"}, "/private/l", "/x", ""},
		{"twice alike", map[string]string{"/tmp/l": "/x", "/private/tmp/l": "/x"}, "/tmp/l", "/x", ""},
		{"twice", map[string]string{"/tmp/l": "/x", "/private/tmp/l": "/y"}, "", "", "are one"},
		{"another /tmp", map[string]string{"/tmp": "/x"}, "/tmp/f", "/x/f", ""},
		{"a cycle", map[string]string{"/a": "/b", "/b": "/a"}, "/c", "/c", ""},
		{"below a cycle", map[string]string{"/a": "/a", "/a/l": "/x"}, "/c", "/c", ""},
		{"relative", map[string]string{"tmp": "/x"}, "", "", "not absolute"},
		{"no target", map[string]string{"/l": ""}, "", "", "nowhere"},
		{"a firmlink", map[string]string{"/private": "/x"}, "", "", "macOS itself"},
		{"a firmlink by its other name", map[string]string{dataVolume + "/private/": "/x"}, "", "", "no name"},
		{"a firmlink on the volume", map[string]string{dataVolume + "/Users": "/x"}, "", "", "macOS itself"},
		{"the root", map[string]string{"/": "/x"}, "", "", "no name"},
		{"a dot", map[string]string{"/x/..": "/x"}, "", "", "no name"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for range 8 { // of the orders of a map
				w, err := MacOS().With(row.links)
				if row.err != "" {
					if err == nil || !strings.Contains(err.Error(), row.err) {
						t.Fatalf("error %v, want %q", err, row.err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := w.walk(row.path, true).path; got != row.want {
					t.Fatalf("%s leads to %s, want %s", row.path, got, row.want)
				}
			}
		})
	}
	if got := MacOS().walk("/tmp/l", true).path; got != "/private/tmp/l" {
		t.Errorf("With changed its world: %s", got)
	}
}

// FuzzWalk holds that what is reached is reached by its own path, without a link.
func FuzzWalk(f *testing.F) {
	f.Add("/tmp/../a/./b//", true, "/a", "/tmp/x", "/x", "../..")
	f.Add("/System/Volumes/Data/private/x", false, "/private/x", "/private/x", "/tmp/y", "x")
	f.Add("/İ/x", true, "/i̇", "/Ä", "/ä", "/")
	f.Fuzz(func(t *testing.T, path string, follow bool, link1, to1, link2, to2 string) {
		if !strings.HasPrefix(path, "/") || strings.Contains(path, "\x00") {
			t.Skip()
		}
		w, err := MacOS().With(map[string]string{link1: to1, link2: to2})
		if err != nil {
			t.Skip()
		}
		r := w.walk(path, follow)
		if len(r.links) > maxLinks {
			t.Fatalf("%d links", len(r.links))
		}
		if r.failed != "" {
			if r.path != "" {
				t.Errorf("walk(%q) reached %q and failed: %s", path, r.path, r.failed)
			}
			return
		}
		if !strings.HasPrefix(r.path, "/") || strings.Contains(r.path, "//") || r.path != "/" && strings.HasSuffix(r.path, "/") || slices.Contains(strings.Split(r.path, "/"), "..") {
			t.Errorf("walk(%q) = %q", path, r.path)
		}
		if len(r.path) > maxPath {
			return
		}
		again := w.walk(r.path, false)
		if again.path != r.path || len(again.links) > 0 || again.link != r.link {
			t.Errorf("walk(%q) = %+v, and again %+v", path, r, again)
		}
	})
}
