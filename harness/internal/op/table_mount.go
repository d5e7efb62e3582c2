package op

// mountTable holds changes to the tree of mounts. Each is made in a mount
// namespace that the attempt's thread gets for itself, before the policy.
var mountTable = []Op{
	{
		Name:    "fs.change_topology",
		Summary: "change what is mounted where; denied under every policy that handles a right of files",
		Variants: []Variant{
			{Name: "mount", Calls: "mount(tmpfs)", Denied: eperm, Taints: true, Fixture: "a directory", Note: ownMounts},
			{Name: "bind", Calls: "mount(MS_BIND)", Denied: eperm, Taints: true, TwoPaths: true, Fixture: "two directories, source and target", Note: ownMounts},
			{
				Name: "umount", Calls: "umount2", Denied: eperm, Taints: true, Fixture: "a directory",
				Note: "of a tmpfs that is mounted on the target before the policy; " + ownMounts,
			},
			{
				Name: "move_mount", Calls: "move_mount", Denied: eperm, Taints: true, TwoPaths: true, Fixture: "two directories, source and target",
				Note: "of a tmpfs that is mounted on the source before the policy; " + ownMounts,
			},
			{
				Name: "remount", Calls: "mount(MS_REMOUNT|MS_RDONLY)", Denied: eperm, Taints: true, Fixture: "a directory",
				Note: "of a tmpfs that is mounted on the target before the policy; " + ownMounts,
			},
			{
				Name: "pivot_root", Calls: "pivot_root", Denied: eperm, Taints: true, Fixture: "a directory",
				Note: "to a tmpfs that is mounted on the target before the policy; " + ownMounts,
			},
		},
	},
}

const ownMounts = "needs CAP_SYS_ADMIN; in a mount namespace of the thread's own"
