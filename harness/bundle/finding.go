package bundle

import "fmt"

// FindingCode names a kind of fault for programs.
type FindingCode string

// The faults a bundle can have.
const (
	BadLatest     FindingCode = "bad_latest"     // LATEST names no run folder
	IndexMissing  FindingCode = "index_missing"  // the run was never committed
	BadIndex      FindingCode = "bad_index"      // not to be read as an index
	BadPath       FindingCode = "bad_path"       // an entry's path leaves the run folder, or is no plain path
	Duplicate     FindingCode = "duplicate"      // two entries for one artifact
	BadDigest     FindingCode = "bad_digest"     // an entry without a usable sha256
	BadSize       FindingCode = "bad_size"       // an entry without a usable file_size
	BadSchema     FindingCode = "bad_schema"     // a schema string of another document or major version
	FileMissing   FindingCode = "file_missing"   // the index names a file that is not there
	NotRegular    FindingCode = "not_regular"    // a symlink, folder or device where a file should be
	SizeDiffers   FindingCode = "size_differs"   // the file is not the one that was indexed
	DigestDiffers FindingCode = "digest_differs" // the same
	BadDocument   FindingCode = "bad_document"   // verified, but not to be read as what it should be
	IDDiffers     FindingCode = "id_differs"     // two documents of one bundle speak of different runs
	BadState      FindingCode = "bad_state"      // run_status and index contradict each other, or the run is not over
	Disagrees     FindingCode = "disagrees"      // verified documents that contradict each other; ValidateDeep, Emit and VerifyPacket look
	ListedMissing FindingCode = "listed_missing" // the index itself says that an artifact is missing
	RunFailed     FindingCode = "run_failed"     // an honest bundle of a run that failed; only Load minds
	NotIndexed    FindingCode = "not_indexed"    // a file that no entry vouches for; a warning
)

// Finding is one thing wrong with a bundle.
type Finding struct {
	Code    FindingCode `json:"code"`
	Name    string      `json:"name"` // the file it is about, in the run folder
	Message string      `json:"message"`
	// Warning marks what does not make the bundle invalid.
	Warning bool `json:"warning,omitempty"`
}

func (f Finding) String() string {
	if f.Name == "" {
		return f.Message
	}
	return f.Name + ": " + f.Message
}

// IntegrityError says that a bundle is there and its evidence is bad.
type IntegrityError struct {
	Dir      string
	Findings []Finding // at least one
}

func (e *IntegrityError) Error() string {
	more := ""
	if n := len(e.Findings) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("bundle %s: %s%s", e.Dir, e.Findings[0], more)
}

// Has reports whether one of the findings has the code.
func (e *IntegrityError) Has(code FindingCode) bool {
	for _, f := range e.Findings {
		if f.Code == code {
			return true
		}
	}
	return false
}
