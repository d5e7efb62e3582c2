package seatbelt

// MachInProcessDriver is the one driver that applies the policy and looks a
// Mach service up in the same process. The others are started under the policy,
// and a policy that denies by default keeps them from starting.
const MachInProcessDriver = "sandbox_mach_probe"

// one is the probe without a driver, which has one way of making the attempt.
func one(syscall string) []Driver {
	return []Driver{{Syscalls: []Syscall{{Name: syscall}}}}
}

var iokitDrivers = []Driver{
	{Name: "sandbox_iokit_probe", Syscalls: []Syscall{{Name: "IOServiceOpen"}}},
	{Name: "iokit_probe", Program: true, Syscalls: []Syscall{{Name: "IOServiceOpen"}}},
}

var ipcTable = []Operation{
	{
		Name: "darwin-notification-post", Target: TargetName, Drivers: one("notify_post"),
		Summary: "post a notification by notify(3)",
	},
	{
		Name: "distributed-notification-post", Target: TargetName, Drivers: one("CFNotificationCenterPostNotification"),
		Summary: "post a notification to the distributed centre",
	},
	{
		Name: "iokit-open-service", Target: TargetClass, Drivers: iokitDrivers,
		Summary: "open an IOKit service of a class",
	},
	{
		Name: "iokit-open-user-client", Target: TargetClass, Drivers: iokitDrivers,
		Summary: "open the user client of an IOKit service",
	},
	{
		Name: "ipc-posix-shm-write-create", Target: TargetShm,
		Summary: "create a POSIX shared memory object and remove it again",
		// What bears the name is gone after the probe, whoever made it.
		Drivers: []Driver{{Syscalls: []Syscall{{Name: "shm_open", Mutates: true}}}},
	},
	{
		Name: "mach-lookup", Target: TargetService,
		Summary: "look a Mach service up by name",
		Drivers: []Driver{
			{Name: MachInProcessDriver, Syscalls: []Syscall{{Name: "bootstrap_look_up"}}},
			{Name: "mach_probe", Program: true, Syscalls: []Syscall{{Name: "bootstrap_look_up"}}},
			{Name: "xpc_probe", Program: true, Syscalls: []Syscall{{Name: "xpc_connection_create_mach_service"}}},
		},
	},
}

var preferenceTable = []Operation{
	{
		Name: "user-preference-read", Target: TargetDomain, Drivers: one("CFPreferencesCopyKeyList"),
		Summary: "read the keys of a preference domain",
	},
	{
		Name: "user-preference-write", Target: TargetDomain,
		Summary: "set a key of a preference domain and remove it again",
		Drivers: []Driver{{Syscalls: []Syscall{{Name: "CFPreferencesSetAppValue", Mutates: true}}}},
	},
}
