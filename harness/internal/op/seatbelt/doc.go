// Package seatbelt knows what can be asked of the macOS sandbox: the operations
// a probe can attempt there and how, the names that Seatbelt gives to all its
// operations, and the filters that sandbox_check can be asked with. That is data
// and the checks that follow from it, so that plans for macOS can be checked on
// every host.
//
// On macOS it also makes the attempts, by direct calls in a process of their own.
// What they call and in which order is written after the public headers, manual
// pages and the sources of XNU, and no Mac has run it yet. What any unix has of it
// is tested on others, in builds with the tag seatbelt_fake.
package seatbelt
