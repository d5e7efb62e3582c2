package landlock

import "path"

// subject says why the kernel would not ask for the operation's right on this
// target: a probe does not attempt that, and there is nothing to predict.
func (a *asker) subject(name string) error {
	switch name {
	case "fs.read_file":
		if at, err := a.object(true); err == nil && at.node.Kind == Dir {
			return unknowable("%s is a directory: opening one for reading asks for fs.read_dir", a.Target)
		}
	case "fs.truncate":
		at, err := a.object(true)
		switch {
		case err == nil && at.node.Kind != File:
			return unknowable("%s is no regular file: fs.truncate is not asked for", a.Target)
		case isErrno(err, enoent) && a.variant == "creat":
			return unknowable("%s is not there: creat would make it, and fs.truncate is not asked for", a.Target)
		}
	case "fs.refer":
		if sameDirText(a.Source, a.Target) || a.sameDir() {
			return unknowable("source and target are in one directory, where refer is never asked for")
		}
	}
	return nil
}

// sameDir compares the folders that source and target are in by their texts, as
// an attempt does before it is made: behind a slash at the end, the folder is
// what the path itself leads to.
func (a *asker) sameDir() bool {
	source, err := a.w.locate(path.Dir(a.Source), true)
	if err != nil {
		return false
	}
	target, err := a.w.locate(path.Dir(a.Target), true)
	return err == nil && source.node.Inode == target.node.Inode
}
