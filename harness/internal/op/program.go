package op

import "encoding/binary"

// exitProgram is a static ELF program that exits with 0 and does nothing else;
// nil for an architecture that it is not written for.
func exitProgram(goarch string) []byte {
	var machine uint16
	var code []byte
	switch goarch {
	case "amd64":
		machine = 62 // EM_X86_64
		code = []byte{
			0xb8, 0x3c, 0, 0, 0, // mov eax, 60 (exit)
			0x31, 0xff, // xor edi, edi
			0x0f, 0x05, // syscall
		}
	case "arm64":
		machine = 183 // EM_AARCH64
		for _, word := range []uint32{
			0xd2800ba8, // mov x8, #93 (exit)
			0xd2800000, // mov x0, #0
			0xd4000001, // svc #0
		} {
			code = binary.LittleEndian.AppendUint32(code, word)
		}
	default:
		return nil
	}
	// elf(5): one segment that holds the whole file, right after the headers.
	const base, header, segment = 0x400000, 64, 56
	size := uint64(header + segment + len(code))
	le := binary.LittleEndian
	b := []byte{0x7f, 'E', 'L', 'F', 2, 1, 1, 15: 0} // 64 bits, little-endian, version 1
	b = le.AppendUint16(b, 2)                        // ET_EXEC
	b = le.AppendUint16(b, machine)
	b = le.AppendUint32(b, 1)                   // EV_CURRENT
	b = le.AppendUint64(b, base+header+segment) // entry
	b = le.AppendUint64(b, header)              // program headers' offset
	b = le.AppendUint64(b, 0)                   // no sections
	b = le.AppendUint32(b, 0)                   // flags
	b = le.AppendUint16(b, header)
	b = le.AppendUint16(b, segment)
	b = le.AppendUint16(b, 1) // one program header
	for range 3 {
		b = le.AppendUint16(b, 0) // no section headers
	}
	b = le.AppendUint32(b, 1) // PT_LOAD
	b = le.AppendUint32(b, 5) // PF_R|PF_X
	b = le.AppendUint64(b, 0) // from the file's start
	b = le.AppendUint64(b, base)
	b = le.AppendUint64(b, base)
	b = le.AppendUint64(b, size)
	b = le.AppendUint64(b, size)
	b = le.AppendUint64(b, 0x10000) // alignment: pages of any size
	return append(b, code...)
}
