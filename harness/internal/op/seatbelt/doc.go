// Package seatbelt knows what can be asked of the macOS sandbox: the operations
// a probe can attempt there and how, the names that Seatbelt gives to all its
// operations, and the filters that sandbox_check can be asked with. It is data
// and the checks that follow from it; nothing here makes a system call, so that
// plans for macOS can be checked on every host.
package seatbelt
