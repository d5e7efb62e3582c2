// Package libsystem calls macOS's own libraries: libSystem, which every process
// has, libsandbox and the frameworks that probes need. It does so through purego,
// without cgo, so that a Mac's binary can be made on any host.
//
// What is asked of a library is a method or a function with Go types; what a
// library lacks is an error that names the symbol and the library, never a
// crash. Symbols are looked up before any policy applies: a policy may keep
// a process from loading anything after that.
//
// The layouts and constants that calls need stand in files for every system, so
// that tests hold them against what the public headers say.
package libsystem
