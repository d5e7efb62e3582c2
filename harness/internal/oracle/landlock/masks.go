package landlock

import (
	"math/bits"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// masks holds for each layer the rights it denies.
type masks [maxLayers]sandbox.AccessFS

func (m *masks) empty() bool { return *m == masks{} }

// or is what either denies.
func (m *masks) or(other *masks) masks {
	out := *m
	for i := range other {
		out[i] |= other[i]
	}
	return out
}

// only is what is denied of need.
func (m *masks) only(need sandbox.AccessFS) masks {
	out := *m
	for i := range out {
		out[i] &= need
	}
	return out
}

// beyondRefer says whether anything but refer is denied.
func (m *masks) beyondRefer() bool {
	others := m.only(^sandbox.Refer)
	return !others.empty()
}

func missingOf(m *masks) []Missing {
	n := 0
	for _, denied := range m {
		n += bits.OnesCount64(uint64(denied))
	}
	if n == 0 {
		return nil
	}
	list := make([]Missing, 0, n)
	for layer, denied := range m {
		for ; denied != 0; denied &= denied - 1 {
			list = append(list, Missing{Layer: layer, Right: fsNames[bits.TrailingZeros64(uint64(denied))]})
		}
	}
	return list
}

// fsNames are the audit log's names of the file rights, by bit.
var fsNames = func() (names [64]string) {
	for bit := range names {
		names[bit] = sandbox.AccessFS(1 << bit).AuditNames()[0]
	}
	return names
}()

// auditNames is AuditNames of the rights.
func auditNames(rights sandbox.AccessFS) []string {
	names := make([]string, 0, bits.OnesCount64(uint64(rights)))
	for ; rights != 0; rights &= rights - 1 {
		names = append(names, fsNames[bits.TrailingZeros64(uint64(rights))])
	}
	return names
}
