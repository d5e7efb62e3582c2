package op

import (
	"bytes"
	"debug/elf"
	"testing"
)

// The hand-made program is well-formed for the architectures this test does not
// run on as well.
func TestExitProgram(t *testing.T) {
	for goarch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		program := exitProgram(goarch)
		f, err := elf.NewFile(bytes.NewReader(program))
		if err != nil {
			t.Fatalf("%s: %v", goarch, err)
		}
		if f.Machine != machine || f.Type != elf.ET_EXEC || len(f.Progs) != 1 {
			t.Fatalf("%s: %+v", goarch, f.FileHeader)
		}
		p := f.Progs[0]
		if p.Type != elf.PT_LOAD || p.Flags != elf.PF_R|elf.PF_X || p.Filesz != uint64(len(program)) || f.Entry < p.Vaddr || f.Entry >= p.Vaddr+p.Filesz {
			t.Errorf("%s: entry %#x, segment %+v", goarch, f.Entry, p.ProgHeader)
		}
	}
	if exitProgram("mips") != nil {
		t.Error("a program for mips, which none is written for")
	}
}
