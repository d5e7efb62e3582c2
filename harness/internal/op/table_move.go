package op

// moveTable holds what two names and their directories decide together.
var moveTable = []Op{
	{
		Name:    "fs.refer",
		Summary: "move or link a file from one directory into another",
		Variants: []Variant{
			{
				Name: "rename", Calls: "renameat2", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true,
				Rights: renameRights, Fixture: "a source, and a target in another directory",
				Note: "needs the rights to remove the source and to make the target too; EXDEV when fs.refer alone is missing, or the file would gain rights",
			},
			{
				Name: "link", Calls: "linkat", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true,
				Rights: linkRights, Fixture: "a source, no directory, and no target in another directory",
				Note: "needs the right to make the target too; EXDEV when fs.refer alone is missing, or the file would gain rights",
			},
			{
				Name: "exchange", Calls: "renameat2(RENAME_EXCHANGE)", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true,
				Rights: renameRights, Fixture: "a source, and a target that exists in another directory",
				Note: "needs the rights to remove and to make, on both sides",
			},
			{
				Name: "noreplace", Calls: "renameat2(RENAME_NOREPLACE)", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true,
				Rights: renameRights, Fixture: "a source, and no target in another directory",
				Note: "needs what rename needs",
			},
		},
	},
	{
		Name:    "syscall.link",
		Summary: "make a hard link; the rights depend on the two directories",
		Variants: []Variant{
			{Name: "linkat", Calls: "linkat", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true, Rights: linkRights, Fixture: sourceAlone},
			{Name: "link", Calls: "link", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true, Rights: linkRights, Fixture: sourceAlone},
		},
	},
	{
		Name:    "syscall.rename",
		Summary: "rename a file; the rights depend on the two directories",
		Variants: []Variant{
			{Name: "renameat2", Calls: "renameat2", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true, Rights: renameRights, Fixture: "a source"},
			{Name: "renameat", Calls: "renameat", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true, Rights: renameRights, Fixture: "a source"},
			{Name: "rename", Calls: "rename", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true, Rights: renameRights, Fixture: "a source"},
			{Name: "noreplace", Calls: "renameat2(RENAME_NOREPLACE)", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true, Rights: renameRights, Fixture: sourceAlone},
			{Name: "exchange", Calls: "renameat2(RENAME_EXCHANGE)", Denied: eaccesOrExdev, Mutates: true, TwoPaths: true, Rights: renameRights, Fixture: "a source and a target"},
		},
	},
}

const sourceAlone = "a source, and no target"
