// Package sbpl is a model of the decisions of macOS sandbox profiles
// (Seatbelt): which of the operations a probe can attempt the text of a profile
// lets through, without attempting anything and on every system.
//
//	profile, faults := sbpl.Compile(sbpl.Source{File: "agent.sb", Text: text, Params: params})
//	answer := profile.Ask(sbpl.Question{Operation: "file-read*", Target: "/tmp/x", World: sbpl.MacOS()})
//
// A profile is a Scheme program, whose run leaves rules behind. A question
// comes to one or more checks (a symlink on the way, the folder that is opened
// first, the operation itself), and each check is decided by the last rule that
// matches the object the kernel reached, else by the default.
//
// A prediction is never an observation. What cannot be evaluated is named (file,
// line, form), and an answer that turns on it is Unknown.
package sbpl
