package landlock

import "bytes"

// scriptHead is how much of a file the kernel reads to find out how to execute
// it: BINPRM_BUF_SIZE of linux/binfmts.h.
const scriptHead = 256

// interpreterOf returns the program that the #! line of a script names, from
// the first scriptHead bytes of the file. A line that the kernel would not
// execute gives false, and so does one cut off inside the program's name:
// load_script in fs/binfmt_script.c refuses both with ENOEXEC.
func interpreterOf(head []byte) (string, bool) {
	if len(head) > scriptHead {
		head = head[:scriptHead]
	}
	line, ok := bytes.CutPrefix(head, []byte("#!"))
	if !ok {
		return "", false
	}
	whole := len(head) < scriptHead // the file, or the line, ends inside the head
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line, whole = line[:i], true
	} else if !whole {
		line = line[:len(line)-1] // the kernel keeps the last byte for a NUL
	}
	line = bytes.TrimLeft(line, " \t")
	end := bytes.IndexAny(line, " \t\x00")
	switch {
	case end >= 0:
		line = line[:end]
	case !whole:
		return "", false
	}
	if len(line) == 0 {
		return "", false
	}
	return string(line), true
}

// detailOf reads how the kernel would execute a file from its first bytes. An
// ELF file's loader is for the caller to find.
func detailOf(head []byte) Detail {
	if bytes.HasPrefix(head, []byte("\x7fELF")) {
		return Detail{Format: FormatELF}
	}
	if interpreter, ok := interpreterOf(head); ok {
		return Detail{Format: FormatScript, Interpreter: interpreter}
	}
	return Detail{Format: FormatNone}
}
