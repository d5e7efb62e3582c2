package main

import (
	"fmt"
	"os"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

var ipcChecks = map[string]check{
	"lookup": checkLookup,
	"xpc":    checkXPC,
	"iokit":  checkIOKit,
	"notify": func() (string, error) {
		return trials(trial{attempt: post("darwin"), want: allow}, trial{rules: harmless, attempt: post("darwin"), want: allow})
	},
	"notify-denied": checkNotifyDenied,
	"distributed": func() (string, error) {
		return trials(trial{attempt: post("distributed"), want: allow}, trial{rules: harmless, attempt: post("distributed"), want: allow})
	},
	"preferences": checkPreferences,
	"shm":         denied("ipc-posix-shm-write-create", attempt.Request{Operation: "ipc-posix-shm-write-create", Target: fmt.Sprintf("rtgen.selfcheck.%d", os.Getpid())}),
	"kext":        checkKext,
}

// Services of every Mac's user and of nobody.
const (
	knownService = "com.apple.system.notification_center"
	noService    = "org.rtgen.selfcheck.none"
)

func lookUp(service, driver string) attempt.Request {
	return attempt.Request{Operation: "mach-lookup", Target: service, Driver: driver}
}

func checkLookup() (string, error) {
	known, none := lookUp(knownService, attempt.MachInProcessDriver), lookUp(noService, attempt.MachInProcessDriver)
	return trials(
		trial{attempt: known, want: allow},
		trial{attempt: none, want: "BOOTSTRAP_UNKNOWN_SERVICE"},
		trial{rules: rule("(allow default)(deny mach-lookup (global-name %s))", knownService), attempt: known, want: deny},
		trial{rules: rule("(allow default)(deny mach-lookup (global-name %s))", knownService), attempt: none, want: "BOOTSTRAP_UNKNOWN_SERVICE"},
	)
}

// checkXPC asks a service that takes no empty message: what it answers is its own
// affair.
func checkXPC() (string, error) {
	return trials(
		trial{attempt: lookUp(noService, "xpc_probe"), want: "BOOTSTRAP_UNKNOWN_SERVICE"},
		trial{attempt: lookUp("com.apple.cfprefsd.agent", "xpc_probe"), want: allow},
	)
}

// ioServices are classes that most Macs have, and whose user client of type 0 an
// ordinary process may open.
var ioServices = []string{"IOSurfaceRoot", "AppleKeyStore", "IOHIDSystem"}

func checkIOKit() (string, error) {
	var tried []string
	for _, class := range ioServices {
		service := attempt.Request{Operation: "iokit-open-service", Target: class, Driver: "sandbox_iokit_probe"}
		saw, err := trials(
			trial{attempt: service, want: allow, control: true},
			trial{rules: "(allow default)(deny iokit-open-service)", attempt: service, want: deny},
			trial{rules: "(allow default)(deny iokit-open-user-client)", attempt: service, want: deny},
		)
		if o := outcomeOf(saw, err); o.Verdict != notChecked {
			return saw, err
		}
		tried = append(tried, err.Error())
	}
	return "", unchecked("%v", tried)
}

// post is of a name that nobody else has.
func post(kind string) attempt.Request {
	return attempt.Request{Operation: kind + "-notification-post", Target: fmt.Sprintf("org.rtgen.selfcheck.%d", os.Getpid())}
}

func checkNotifyDenied() (string, error) {
	return trials(
		trial{rules: harmless, attempt: post("darwin"), want: allow, control: true},
		trial{rules: "(allow default)(deny darwin-notification-post)", attempt: post("darwin"), want: deny},
	)
}

func checkPreferences() (string, error) {
	write := attempt.Request{Operation: "user-preference-write", Target: "org.rtgen.selfcheck"}
	read := attempt.Request{Operation: "user-preference-read", Target: ".GlobalPreferences"}
	return trials(
		trial{attempt: write, want: allow}, trial{rules: harmless, attempt: write, want: allow},
		trial{attempt: read, want: allow},
	)
}

func checkKext() (string, error) {
	return trials(trial{attempt: attempt.Request{Operation: "system-kext-query", Target: "com.apple.kpi.bsd"}, want: allow})
}
