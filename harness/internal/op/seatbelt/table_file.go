package seatbelt

// The drivers that several file operations share.
const (
	fileProbe      = "file_probe"
	metadataRunner = "metadata_runner"
)

// Attribute is the extended attribute that probes read and set.
const Attribute = "user.rtgen"

var attrPayloads = []string{"cmn", "cmn-name", "cmn-times", "file-size"}

func opens(mutates bool) []Syscall {
	return []Syscall{
		{Name: "open", Mutates: mutates},
		{Name: "openat", Leaf: true, Mutates: mutates},
		{Name: "openat_rootrel", RootRel: true, Mutates: mutates},
	}
}

var readers = []Driver{
	{Syscalls: opens(false)},
	{Name: fileProbe, Syscalls: []Syscall{{Name: "open"}}},
}

var writers = []Driver{
	{Syscalls: opens(true)},
	{Name: fileProbe, Syscalls: []Syscall{{Name: "open", Mutates: true}}},
}

// changers are the calls of metadata_runner that change what a file says of itself.
var changers = Driver{Name: metadataRunner, Syscalls: []Syscall{
	{Name: "chmod", Mutates: true},
	{Name: "utimes", Mutates: true},
	{Name: "fchmod", Mutates: true},
	{Name: "futimes", Mutates: true},
	{Name: "lchown", Mutates: true},
	{Name: "fchown", Mutates: true},
	{Name: "fchownat", Mutates: true},
	{Name: "lutimes", Mutates: true},
}}

var fileTable = []Operation{
	{
		Name: "file-read*", Target: TargetPath, Drivers: readers,
		Summary: "open a file for reading and read it",
	},
	{
		Name: "file-read-data", Target: TargetPath, Drivers: readers,
		Summary: "open a file for reading and read it",
	},
	{
		Name: "file-read-metadata", Target: TargetPath,
		Summary: "read what a file says of itself",
		Drivers: []Driver{{Name: metadataRunner, Syscalls: []Syscall{
			{Name: "lstat"},
			{Name: "getattrlist", Payloads: attrPayloads},
			{Name: "setattrlist", Payloads: attrPayloads, Mutates: true},
			{Name: "fstat"},
		}}},
	},
	{
		Name: "file-read-xattr", Target: TargetPath,
		Summary: "read an extended attribute of a file",
		Drivers: []Driver{{Syscalls: []Syscall{{Name: "getxattr"}}}},
	},
	{
		Name: "file-search", Target: TargetPath,
		Summary: "list a folder, or search its volume with file_probe",
		Drivers: []Driver{
			{Syscalls: []Syscall{{Name: "readdir"}}},
			{Name: fileProbe, Syscalls: []Syscall{{Name: "searchfs"}}},
		},
	},
	{
		Name: "file-test-existence", Target: TargetPath,
		Summary: "ask whether a file is there",
		Drivers: []Driver{{Syscalls: []Syscall{{Name: "access"}}}},
	},
	{
		Name: "file-write*", Target: TargetPath, Drivers: append(writers[:len(writers):len(writers)], changers),
		Summary: "open a file for writing and append a line, or change its metadata",
	},
	{
		Name: "file-write-data", Target: TargetPath, Drivers: writers,
		Summary: "open a file for writing and append a line",
	},
	{
		Name: "file-write-xattr", Target: TargetPath,
		Summary: "set an extended attribute of a file",
		Drivers: []Driver{{Syscalls: []Syscall{{Name: "setxattr", Mutates: true}}}},
	},
}
