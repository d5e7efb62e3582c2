package sbpl

import "strings"

// subject is what a check is about, as filters see it.
type subject struct {
	// path is that of an object of the file system, a socket included; empty:
	// the check is about no such object.
	path  string
	vnode string // a name of vnodeTypes; empty: not known, and no SYMLINK
	// name is in the name space of a filter such as global-name.
	space, name string
	addr        *endpoint
	process     string // self, child, …
	// side is which end of a connection path and addr are: "remote" or "local".
	side string
	// slash says that the name may get a slash at its front.
	slash bool
	// opaque says why the model does not know what filters see of it; empty: it does.
	opaque string
	key    string // what the index finds rules by
}

// fold gives the spelling that every spelling of a name has in common where case
// does not tell names apart.
func fold(path string) string { return strings.ToLower(path) }

// kinds are the kinds of what every Mac has.
var kinds = map[string]string{
	"/": "DIRECTORY", "/dev/null": "CHARACTER-DEVICE", "/dev/zero": "CHARACTER-DEVICE",
	"/dev/random": "CHARACTER-DEVICE", "/dev/urandom": "CHARACTER-DEVICE",
}

func pathSubject(path, vnode string) subject {
	if kind, ok := kinds[path]; ok {
		vnode = kind
	}
	return subject{path: path, vnode: vnode, key: fold(path)}
}

func nameSubject(space, name string) subject {
	return subject{space: space, name: name, key: nameKey(space, name)}
}

// nameKey is no path: it does not begin with a slash.
func nameKey(space, name string) string { return space + "\x00" + name }
