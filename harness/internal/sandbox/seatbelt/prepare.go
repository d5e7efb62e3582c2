package seatbelt

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
)

// Source is what a prepared copy of a profile's text is made of.
type Source struct {
	Path  string   // of the profile's text; only its last part counts
	ID    string   // the profile's
	Text  string   // the profile's
	Rules []string // SBPL that the registry adds, behind everything else
	Shim  bool     // for programs that are started under the policy
}

// Prepared is a prepared copy.
type Prepared struct {
	Name string // of its file: no other profile of a run has it
	Text string
}

// Prepare makes the copy of a profile's text that is applied: the text itself, then
// the shim, if any, then the rules. Later rules override earlier ones, so the shim
// overrides the text, and the rules both. A compiled profile has no copy; it is
// applied as it stands.
func Prepare(s Source) Prepared {
	suffix := ".runtime.sb"
	parts := []string{strings.TrimRight(s.Text, " \t\r\n\v\f")}
	if s.Shim {
		parts = append(parts, Shim)
		suffix = ".shim" + suffix
	}
	parts = append(parts, s.Rules...)
	return Prepared{
		Name: stem(s.Path) + "." + escapeID(s.ID) + suffix,
		Text: strings.Join(parts, "\n") + "\n",
	}
}

// Shim is what a program needs to come to life under a policy that denies by
// default: to be executed, to have the loader map the system's libraries and, as
// the program is this one, to have Go's runtime ask for the size of a page, without
// which it ends (runtime/os_darwin.go; by number, which the kernel knows as
// pagesize_compat). A program elsewhere may need more, and then its start is
// refused, which is no decision about the operation.
const Shim = `; added by rtgen: what a probe's program needs to be started under this policy
(allow process-exec*)
(allow file-read* (subpath "/System") (subpath "/usr") (subpath "/bin") (subpath "/sbin") (subpath "/dev"))
(allow file-read-metadata (literal "/private") (literal "/private/tmp") (literal "/tmp"))
(allow sysctl-read (sysctl-name "hw.ncpu") (sysctl-name "hw.pagesize") (sysctl-name "hw.pagesize_compat"))`

// stem is the name of a file without what stands behind its last dot, of the
// characters that every file system and shell takes; the id tells files apart.
func stem(file string) string {
	name := path.Base(file)
	if at := strings.LastIndexByte(name, '.'); at > 0 {
		name = name[:at]
	}
	name = strings.Map(func(r rune) rune {
		if plain(r) || 'A' <= r && r <= 'Z' || r == '_' {
			return r
		}
		return '-'
	}, name)
	return name[:min(len(name), mostOfName)]
}

// mostOfName is how many bytes of a stem or an id a file's name has: file systems
// take 255 in all.
const mostOfName = 80

func plain(r rune) bool { return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' }

// escapeID makes of an id a part of a file's name, and of two ids two that differ
// on file systems, too, that do not tell upper case from lower, or forms of one
// accented letter apart. It has no dot in it. The colon of most ids becomes "_".
func escapeID(id string) string {
	var b strings.Builder
	for i := range len(id) {
		switch c := id[i]; {
		case plain(rune(c)):
			b.WriteByte(c)
		case c == ':':
			b.WriteByte('_')
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	name := b.String()
	if len(name) > mostOfName {
		digest := sha256.Sum256([]byte(id))
		name = name[:mostOfName] + "~" + hex.EncodeToString(digest[:])
	}
	return name
}
