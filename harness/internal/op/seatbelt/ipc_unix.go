//go:build darwin || seatbelt_fake

package seatbelt

var ipcPreparers = map[key]preparer{
	{"mach-lookup", MachInProcessDriver, "bootstrap_look_up"}:                     prepareLookUp,
	{"mach-lookup", "mach_probe", "bootstrap_look_up"}:                            prepareLookUp,
	{"mach-lookup", "xpc_probe", "xpc_connection_create_mach_service"}:            prepareXPC,
	{"iokit-open-service", "sandbox_iokit_probe", "IOServiceOpen"}:                prepareIOKit,
	{"iokit-open-service", "iokit_probe", "IOServiceOpen"}:                        prepareIOKit,
	{"iokit-open-user-client", "sandbox_iokit_probe", "IOServiceOpen"}:            prepareIOKit,
	{"iokit-open-user-client", "iokit_probe", "IOServiceOpen"}:                    prepareIOKit,
	{"darwin-notification-post", "", "notify_post"}:                               prepareNotification,
	{"distributed-notification-post", "", "CFNotificationCenterPostNotification"}: prepareDistributed,
	{"ipc-posix-shm-write-create", "", "shm_open"}:                                prepareShm,
	{"system-kext-query", "", "KextManagerCopyLoadedKextInfo"}:                    prepareKext,
	{"user-preference-read", "", "CFPreferencesCopyKeyList"}:                      preparePreferenceRead,
	{"user-preference-write", "", "CFPreferencesSetAppValue"}:                     preparePreferenceWrite,
}
