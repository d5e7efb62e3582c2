package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Bundle is a committed run whose every artifact was verified.
type Bundle struct {
	Dir         string // the run folder
	Index       Index
	IndexDigest Digest
	Status      RunStatus
	Manifest    *RunManifest // nil when the run wrote none
	Summary     *Summary     // nil when the run wrote none
	Warnings    []Finding    // files in the folder that no entry vouches for

	verified map[string]Entry
	judged   Promotability
}

// Load reads the bundle at path, an out folder, followed through LATEST, or a
// run folder. It refuses, with an *IntegrityError, what is not committed, did
// not end ok, or differs in any byte from what was committed.
func Load(path string) (*Bundle, error) {
	in, err := inspect(path)
	if err != nil {
		return nil, err
	}
	faults, warnings := in.judged()
	if len(faults) > 0 {
		return nil, &IntegrityError{in.dir, faults}
	}
	return &Bundle{
		Dir: in.dir, Index: *in.index, IndexDigest: in.indexDigest,
		Status: *in.status, Manifest: in.manifest, Summary: in.summary,
		Warnings: warnings, verified: in.verified, judged: in.promotability(),
	}, nil
}

// judged gives what a strict reader refuses an inspection for, and what it
// passes on.
func (in *inspection) judged() (faults, warnings []Finding) {
	for _, f := range in.findings {
		if f.Warning {
			warnings = append(warnings, f)
		} else {
			faults = append(faults, f)
		}
	}
	if in.index != nil && in.index.Status != IndexOK {
		faults = append(faults, Finding{Code: RunFailed, Name: IndexFile, Message: fmt.Sprintf("the run ended %s", in.index.Status)})
	}
	return faults, warnings
}

// Promotability is the verdict of the bundle's small documents, which Load has
// read: who relies on a packet holds it against this at no cost. That the
// documents which hold observations agree with them only Emit and VerifyPacket
// look at, so they may find evidence against a bundle that this has no reason
// against.
func (b *Bundle) Promotability() Promotability { return b.judged }

// RunID is the run's id.
func (b *Bundle) RunID() string { return b.Index.RunID }

// WorldID is the world the run was made in.
func (b *Bundle) WorldID() string { return b.Index.WorldID }

// Has reports whether the bundle holds the artifact.
func (b *Bundle) Has(name string) bool {
	_, ok := b.verified[name]
	return ok
}

// SHA256 is the artifact's digest, and false when the bundle does not hold it.
func (b *Bundle) SHA256(name string) (Digest, bool) {
	entry, ok := b.verified[name]
	return entry.SHA256, ok
}

// Names lists the artifacts, sorted.
func (b *Bundle) Names() []string {
	names := make([]string, 0, len(b.verified))
	for name := range b.verified {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Read gives an artifact's bytes, hashed in the same reading: what changed
// since Load is refused with an *IntegrityError, not returned. An artifact the
// bundle does not hold is fs.ErrNotExist.
func (b *Bundle) Read(name string) ([]byte, error) {
	var data []byte
	err := b.Stream(name, func(r io.Reader) (err error) {
		buf := bytes.NewBuffer(make([]byte, 0, b.verified[name].FileSize+bytes.MinRead))
		_, err = buf.ReadFrom(r)
		data = buf.Bytes()
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Stream is Read for artifacts too large to hold: it hands use the bytes while
// they are hashed. What use made of them counts only when Stream returns nil:
// bytes that are not what was committed are an *IntegrityError, whatever use
// says of them. Use need not read to the end.
func (b *Bundle) Stream(name string, use func(io.Reader) error) error {
	entry, ok := b.verified[name]
	if !ok {
		return fmt.Errorf("bundle %s: no artifact %q: %w", b.Dir, name, fs.ErrNotExist)
	}
	f, err := openFolder(b.Dir)
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	defer f.close()
	var used error
	code, err := f.verify(name, entry, func(r io.Reader) { used = use(r) })
	switch {
	case err != nil && code == "":
		return fmt.Errorf("bundle %s: could not check %s: %w", b.Dir, name, err)
	case err == nil && used != nil:
		code, err = BadDocument, errors.New(strings.TrimPrefix(used.Error(), name+": "))
	case err == nil:
		return nil
	}
	return &IntegrityError{b.Dir, []Finding{{Code: code, Name: name, Message: err.Error()}}}
}

// Unverified is a run folder as it lies there. Nothing read from it is
// evidence.
type Unverified struct {
	Dir string
}

// OpenUnverified finds the run folder at path, an out folder or a run folder,
// and checks nothing.
func OpenUnverified(path string) (*Unverified, error) {
	dir, _, err := locate(path)
	if err != nil {
		return nil, err
	}
	return &Unverified{dir}, nil
}

// Read gives the bytes of a file in the run folder. Symlinks and devices are
// refused here too.
func (u *Unverified) Read(name string) (data []byte, err error) {
	err = u.open(name, func(f folder) (err error) {
		data, err = f.read(name, maxArtifact)
		return err
	})
	return data, err
}

// Stream is Read for files too large to hold: it hands use the bytes as they are
// read.
func (u *Unverified) Stream(name string, use func(io.Reader) error) error {
	return u.open(name, func(f folder) error {
		file, err := f.open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		return use(io.LimitReader(file, maxArtifact))
	})
}

func (u *Unverified) open(name string, read func(folder) error) error {
	if !fs.ValidPath(name) {
		return fmt.Errorf("bundle %s: bad file name %q", u.Dir, name)
	}
	f, err := openFolder(u.Dir)
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	defer f.close()
	if err := read(f); err != nil {
		return fmt.Errorf("bundle %s: %s: %w", u.Dir, name, err)
	}
	return nil
}

// Validation is what Validate found.
type Validation struct {
	Dir      string      `json:"run_dir"`
	RunID    string      `json:"run_id"` // empty when the index could not be read
	Status   IndexStatus `json:"status"` // the same
	State    State       `json:"state"`
	Findings []Finding   `json:"findings"`
}

// OK reports whether the bundle is what was committed. That holds for an honest
// bundle of a failed run too.
func (v *Validation) OK() bool {
	return !slices.ContainsFunc(v.Findings, func(f Finding) bool { return !f.Warning })
}

// Validate reads the bundle at path and lists everything that is wrong with it.
// Its error means that it could not be checked.
func Validate(path string) (*Validation, error) {
	in, err := inspect(path)
	return in.validation(err)
}

// validation is the inspection's findings, or those of the error that stopped
// it.
func (in *inspection) validation(err error) (*Validation, error) {
	var bad *IntegrityError
	if errors.As(err, &bad) {
		return &Validation{Dir: bad.Dir, Findings: bad.Findings}, nil
	}
	if err != nil {
		return nil, err
	}
	v := &Validation{Dir: in.dir, State: in.state, Findings: notNil(in.findings)}
	if in.index != nil {
		v.RunID, v.Status = in.index.RunID, in.index.Status
	}
	return v, nil
}
