package seatbelt

var processTable = []Operation{
	{
		Name: "process-exec*", Aliases: []string{"process-exec"}, Target: TargetPath, Drivers: one("execve"),
		Summary: "run a program, without arguments",
	},
	{
		Name: "process-fork", Target: TargetNone, Drivers: one("fork"),
		Summary: "start a process and wait for it",
	},
	{
		Name: "process-info-listpids", Target: TargetNone, Drivers: one("proc_listpids"),
		Summary: "list the ids of all processes",
	},
	{
		Name: "process-info-pidinfo", Target: TargetProcess, Drivers: one("proc_pidinfo"),
		Summary: "ask for the BSD information of a process",
	},
	{
		Name: "process-info-rusage", Target: TargetProcess, Drivers: one("proc_pid_rusage"),
		Summary: "ask what a process of the same user has used",
	},
	{
		Name: "signal", Target: TargetSignal, Drivers: one("kill"),
		Summary: "send SIGUSR1 to a process of the probe's own",
	},
	{
		Name: "sysctl-read", Target: TargetName, Drivers: one("sysctlbyname"),
		Summary: "read a kernel state variable",
	},
	{
		Name: "system-kext-query", Target: TargetName, Drivers: one("KextManagerCopyLoadedKextInfo"),
		Summary: "ask whether a kernel extension is loaded",
	},
}
