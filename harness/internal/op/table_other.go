package op

// otherTable holds calls that need nothing on the host. Landlock mediates none
// of them.
var otherTable = []Op{
	{
		Name:    "syscall.io_uring_setup",
		Summary: "set up a ring for system calls by other means; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "io_uring_setup", Calls: "io_uring_setup", Target: TargetText, Keywords: []string{"ring"}},
		},
	},
	{
		Name:    "syscall.memfd_create",
		Summary: "make a file in memory; Landlock does not mediate it; the target is its name",
		Variants: []Variant{
			{Name: "create", Calls: "memfd_create", Target: TargetText, Note: "the name has at most 249 bytes"},
			{
				Name: "exec", Calls: "memfd_create, write, execveat(AT_EMPTY_PATH)", Target: TargetText,
				Note: "executes a program of its own; Landlock never asks for fs.execute",
			},
		},
	},
}
