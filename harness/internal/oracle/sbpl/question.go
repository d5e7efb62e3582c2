package sbpl

// Question is one operation under one profile.
type Question struct {
	// Operation is a name of the kernel or of a profile, a family such as
	// file-read* included; what a call asks of a family is up to Syscall.
	Operation string
	Target    string // a path, a name, an address, a process: what the operation is done to
	// Syscall is the call that is made: a plain name ("open", "lstat", "chmod") or
	// one of those that say how ("open (write, existing file)"); empty: the one
	// that the operation usually is about.
	Syscall    string
	FilterName string // what the target is named by where there are several, such as "local-name"; empty: the usual
	World      *World // nil: MacOS()
}

// Answer is the model's prediction.
type Answer struct {
	Decision Decision
	// Resolved is the object the kernel reaches: of a path, the path it matches
	// against with every link followed; else the target. Empty: not known.
	Resolved string
	// Rule is what decided: of a denial the rule that denied, of an allow the
	// rule that allowed the operation itself. Nil: no rule matched, or unknown.
	Rule    *Rule
	Missing []Check // the checks that are denied: the kernel stops at the first
	Checks  []Check // everything that was asked, in order
	Reason  string  // one line
}

// Check is one thing the kernel asks a profile on behalf of a call.
type Check struct {
	Operation string // as the kernel prints it, such as file-read-data
	Target    string // of a path, the one it is matched by
	Decision  Decision
	Rule      *Rule
	Doubt     *Doubt // why the decision is Unknown
}
