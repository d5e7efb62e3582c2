package op_test

import (
	"slices"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// proofs has a row for every variant of the table.
func proofs() []proof {
	return slices.Concat(openProofs(), nameProofs(), moveProofs(), netProofs(), processProofs(), mountProofs(), metaProofs(), otherProofs())
}

func tree(nodes ...fixture.Node) fixture.Spec { return fixture.Spec{Tree: nodes} }

func (p proof) from(source string) proof { p.spec.Source = source; return p }

// each copies a proof for several variants.
func (p proof) each(variants ...string) []proof {
	out := make([]proof, len(variants))
	for i, v := range variants {
		p.variant = v
		out[i] = p
	}
	return out
}

const (
	target = "${workspace}/tärget"
	other  = "${workspace}/other"
	far    = "${workspace}/far/away"
)

var (
	aFile  = tree(fixture.Node{Path: target, Kind: fixture.File, Content: "content"})
	aDir   = tree(fixture.Node{Path: target, Kind: fixture.Dir})
	noFile = tree(fixture.Node{Path: target, Kind: fixture.Absent})
	aMove  = tree(fixture.Node{Path: other, Kind: fixture.File}, fixture.Node{Path: target, Kind: fixture.Absent})
	aRefer = tree(fixture.Node{Path: far, Kind: fixture.File}, fixture.Node{Path: target, Kind: fixture.Absent})
	aSwap  = tree(fixture.Node{Path: other, Kind: fixture.File}, fixture.Node{Path: target, Kind: fixture.File})
	farOff = tree(fixture.Node{Path: far, Kind: fixture.File}, fixture.Node{Path: target, Kind: fixture.File})
)

func openProofs() []proof {
	write := needs(eacces, landlock.WriteFile)
	cut := needs(eacces, landlock.WriteFile, landlock.Truncate)
	return slices.Concat(
		proof{op: "fs.execute", target: target, at: "/", needs: needs(eacces, landlock.Execute, landlock.ReadFile),
			spec: tree(fixture.Node{Path: target, Kind: fixture.File, Mode: "0755", Content: "#!/bin/true\n"})}.
			each("execve", "execveat", "fexecve"),
		proof{op: "fs.ioctl_dev", target: "/dev/ptmx", at: "/dev", needs: needs(eacces, landlock.IoctlDev), host: "/dev/ptmx"}.each("ioctl"),
		proof{op: "fs.ioctl_dev", target: "/dev/urandom", at: "/dev", needs: needs(eacces, landlock.IoctlDev)}.each("ioctl_rnd"),
		proof{op: "fs.ioctl_dev", target: "/dev/ptmx", host: "/dev/ptmx"}.each("ioctl_held"),
		proof{op: "fs.ioctl_dev", target: "/dev/null"}.each("ioctl_nonblock"),
		proof{op: "fs.read_dir", target: target, spec: aDir, needs: needs(eacces, landlock.ReadDir)}.each("openat", "open"),
		proof{op: "fs.read_file", target: target, spec: aFile, needs: needs(eacces, landlock.ReadFile)}.each("openat", "open", "openat2"),
		proof{op: "fs.write_file", target: target, spec: aFile, needs: write}.each("openat", "open", "openat2"),
		proof{op: "fs.write_file", target: target, spec: aDir, needs: write}.each("tmpfile"),
		proof{op: "fs.read_file", target: target, spec: aFile}.each("held"),
		proof{op: "fs.write_file", target: target, spec: aFile}.each("held"),
		proof{op: "fs.truncate", target: target, spec: aFile, needs: needs(eacces, landlock.Truncate)}.each("truncate"),
		proof{op: "fs.truncate", target: target, spec: aFile, needs: cut}.each("open_trunc", "creat"),
		proof{op: "fs.truncate", target: target, spec: aFile, unlucky: true,
			needs: []need{{fs: landlock.WriteFile}, {fs: landlock.Truncate, errno: eacces}}}.each("ftruncate"),
		proof{op: "fs.truncate", target: target, spec: aFile}.each("ftruncate_held"),
	)
}

func nameProofs() []proof {
	made := func(name string, right landlock.AccessFS, variants ...string) []proof {
		return proof{op: name, target: target, spec: noFile, needs: needs(eacces, right)}.from(other).each(variants...)
	}
	blocks := made("fs.make_block", landlock.MakeBlock, "mknodat", "mknod")
	for i := range blocks {
		blocks[i].capability = capMknod
	}
	return slices.Concat(
		blocks,
		made("fs.make_char", landlock.MakeChar, "mknodat", "mknod"),
		made("fs.make_dir", landlock.MakeDir, "mkdirat", "mkdir"),
		made("fs.make_fifo", landlock.MakeFifo, "mknodat", "mknod"),
		made("fs.make_reg", landlock.MakeReg, "mknodat", "mknod", "tmpfile"),
		made("fs.make_sock", landlock.MakeSock, "mknodat", "mknod", "bind", "bind_dgram"),
		made("fs.make_sym", landlock.MakeSym, "symlinkat", "symlink"),
		proof{op: "fs.make_reg", target: target, spec: noFile, needs: needs(eacces, landlock.MakeReg, landlock.WriteFile)}.each("open_creat"),
		proof{op: "fs.make_reg", target: target, spec: noFile, needs: needs(eacces, landlock.MakeReg, landlock.ReadFile)}.each("creat_rdonly"),
		proof{op: "fs.write_file", target: target, spec: noFile, needs: needs(eacces, landlock.MakeReg, landlock.WriteFile)}.each("open_creat"),
		proof{op: "fs.read_file", target: target, spec: noFile, needs: needs(eacces, landlock.MakeReg, landlock.ReadFile)}.each("creat_rdonly"),
		proof{op: "fs.remove_dir", target: target, spec: aDir, needs: needs(eacces, landlock.RemoveDir)}.each("unlinkat", "rmdir"),
		proof{op: "fs.remove_file", target: target, spec: aFile, needs: needs(eacces, landlock.RemoveFile)}.each("unlinkat", "unlink"),
	)
}

func moveProofs() []proof {
	move := needs(eacces, landlock.RemoveFile, landlock.MakeReg)
	link := needs(eacces, landlock.MakeReg)
	refer := need{fs: landlock.Refer, errno: exdev}
	return slices.Concat(
		proof{op: "fs.refer", target: target, spec: aRefer, needs: append(slices.Clip(move), refer)}.from(far).each("rename", "noreplace"),
		proof{op: "fs.refer", target: target, spec: farOff, needs: append(slices.Clip(move), refer)}.from(far).each("exchange"),
		proof{op: "fs.refer", target: target, spec: aRefer, needs: append(slices.Clip(link), refer)}.from(far).each("link"),
		proof{op: "syscall.link", target: target, spec: aMove, needs: link}.from(other).each("linkat", "link"),
		proof{op: "syscall.rename", target: target, spec: aMove, needs: move}.from(other).each("renameat2", "renameat", "rename", "noreplace"),
		proof{op: "syscall.rename", target: target, spec: aSwap, needs: move}.from(other).each("exchange"),
	)
}

func metaProofs() []proof {
	file := func(name string, variants ...string) []proof {
		return proof{op: name, target: target, spec: aFile}.each(variants...)
	}
	xattrs := file("syscall.setxattr", "setxattr", "getxattr", "removexattr")
	for i := range xattrs {
		xattrs[i].host = "a file system with user attributes"
	}
	chroot := proof{op: "syscall.chroot", target: target, spec: aDir, capability: capSysChroot}
	return slices.Concat(
		file("syscall.access", "faccessat", "access", "faccessat2"),
		file("syscall.chmod", "fchmodat", "fchmod"),
		file("syscall.chown", "fchownat"),
		file("syscall.flock", "flock"),
		file("syscall.inotify_add_watch", "inotify_add_watch"),
		file("syscall.open_path", "openat"),
		file("syscall.stat", "lstat", "stat", "statx"),
		file("syscall.statfs", "statfs"),
		file("syscall.utimensat", "utimensat"),
		xattrs,
		proof{op: "syscall.readlink", target: target, spec: tree(fixture.Node{Path: target, Kind: fixture.Symlink, To: "nowhere"})}.
			each("readlinkat", "readlink"),
		proof{op: "syscall.chdir", target: target, spec: aDir}.each("chdir", "fchdir"),
		chroot.each("chroot"),
	)
}
