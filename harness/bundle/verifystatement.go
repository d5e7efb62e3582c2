package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// checkStatement looks at the statement beside the packet.
func (v *PacketVerification) checkStatement(in *inspection, packet []byte, judged Promotability, tests *scenarioTests) error {
	beside := StatementPath(v.Packet)
	want, none := in.statement(v.Packet, DigestOf(packet), judged, tests)
	var written bytes.Buffer
	if want != nil {
		if err := want.write(&written); err != nil {
			return err
		}
	}
	finding := func(code FindingCode, warning bool, format string, args ...any) {
		v.Findings = append(v.Findings, Finding{code, filepath.Base(beside), fmt.Sprintf(format, args...), warning})
	}
	data, err := readBeside(beside, max(maxDocument, 2*int64(written.Len())))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if want != nil {
			finding(StatementMissing, true, "not there: nothing beside the packet says so in in-toto's form; emit the packet again to have it")
		}
		return nil
	case errors.Is(err, errNotRegular), errors.Is(err, errTooLarge):
		finding(BadStatement, false, "%v", err)
		return nil
	case err != nil:
		return fmt.Errorf("statement: %w", err)
	case want == nil:
		finding(BadStatement, false, "there is none to be made about this packet: %s", none)
		return nil
	}
	if !bytes.Equal(data, written.Bytes()) {
		if err := want.differs(data); err != nil {
			finding(BadStatement, false, "%v", err)
			return nil
		}
	}
	v.Statement = beside
	return nil
}
