package op

// processTable holds what one process does to another.
var processTable = []Op{
	{
		Name:    "ptrace",
		Summary: "look into another process or take hold of it",
		Variants: []Variant{
			{
				Name: "attach", Calls: "ptrace(PTRACE_ATTACH), wait4, ptrace(PTRACE_DETACH)", Denied: eperm, Target: TargetProcess, Fixture: aProcess,
				Note: "stops the process for a moment; nothing may attach to itself",
			},
			{
				Name: "seize", Calls: "ptrace(PTRACE_SEIZE), ptrace(PTRACE_INTERRUPT), wait4, ptrace(PTRACE_DETACH)", Denied: eperm, Target: TargetProcess, Fixture: aProcess,
				Note: "stops the process for a moment; nothing may seize itself",
			},
			{
				Name: "process_vm_readv", Calls: "process_vm_readv", Denied: eperm, Target: TargetProcess, Fixture: aProcess,
				Note: "reads one byte of the stack",
			},
			{
				Name: "process_vm_writev", Calls: "process_vm_writev", Denied: eperm, Target: TargetProcess, Fixture: aProcess,
				Note: "writes the zero that ends the stack over itself",
			},
			{
				Name: "pidfd_getfd", Calls: "pidfd_open, pidfd_getfd", Denied: eperm, Target: TargetProcess, Fixture: aProcess,
				Note: "takes a copy of descriptor 0",
			},
			{
				Name: "proc_mem", Calls: "openat(/proc/PID/mem, O_RDONLY)", Denied: eacces, Target: TargetProcess, Fixture: aProcess,
				Rights: []string{"ptrace", "fs.read_file"}, Note: "needs fs.read_file too",
			},
			{
				Name: "proc_environ", Calls: "openat(/proc/PID/environ, O_RDONLY)", Denied: eacces, Target: TargetProcess, Fixture: aProcess,
				Rights: []string{"ptrace", "fs.read_file"}, Note: "needs fs.read_file too; whoever has CAP_PERFMON or CAP_SYS_ADMIN is let through",
			},
			{
				Name: "kcmp", Calls: "kcmp(KCMP_VM)", Denied: eperm, Target: TargetProcess, Fixture: aProcess,
				Note: "needs a kernel with CONFIG_KCMP",
			},
		},
	},
	{
		Name:    "scope.signal",
		Summary: "send a signal to a process; 0, which only asks, unless the variant says another",
		Variants: []Variant{
			{Name: "kill", Calls: "kill(0)", Denied: eperm, Target: TargetProcess, Fixture: aProcess},
			{Name: "tgkill", Calls: "tgkill(0)", Denied: eperm, Target: TargetProcess, Fixture: aProcess},
			{Name: "pidfd_send_signal", Calls: "pidfd_open, pidfd_send_signal(0)", Denied: eperm, Target: TargetProcess, Fixture: aProcess},
			{
				Name: "kill_term", Calls: "kill(SIGTERM)", Denied: eperm, Target: TargetProcess, Mutates: true, Fixture: aProcess + " that may die",
				Note: "ends the process; never the worker or what started it",
			},
		},
	},
	{
		Name:    "syscall.clone",
		Summary: "start a process in namespaces of its own; Landlock does not mediate it",
		Variants: []Variant{
			{Name: "userns", Calls: "clone(CLONE_NEWUSER)", Target: TargetText, Keywords: inChild, Note: "the child ends at once"},
			{Name: "pidns", Calls: "clone(CLONE_NEWPID)", Target: TargetText, Keywords: inChild, Note: "needs CAP_SYS_ADMIN; the child ends at once"},
		},
	},
}

// inChild is the target of a call whose only object is the child it makes.
var inChild = []string{"child"}

const aProcess = "a process"
