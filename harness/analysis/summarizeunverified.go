package analysis

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// summarizeUnverified sums up a run folder as it lies there.
func summarizeUnverified(path string, o SummarizeOptions) (*OpSummary, error) {
	u, err := bundle.OpenUnverified(path)
	if err != nil {
		return nil, err
	}
	bad := func(code bundle.FindingCode, name string, err error) error {
		return &bundle.IntegrityError{Dir: u.Dir, Findings: []bundle.Finding{{Code: code, Name: name, Message: strings.TrimPrefix(err.Error(), name+": ")}}}
	}
	var manifest struct {
		WorldID string `json:"world_id"`
	}
	data, err := u.Read(bundle.ManifestFile)
	hasManifest := err == nil
	if hasManifest {
		if err := artifact.Decode(data, &manifest); err != nil {
			return nil, bad(bundle.BadDocument, bundle.ManifestFile, err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s := newSumming(o, manifest.WorldID, "runtime_bundle")
	s.note("not verified: the bundle was taken as it lay there, and nothing in this summary is evidence")
	digest := sha256.New()
	var used error
	err = u.Stream(artifact.RuntimeEventsFile, func(r io.Reader) error {
		used = s.events(io.TeeReader(r, digest))
		return used
	})
	switch {
	case used != nil:
		return nil, bad(bundle.BadDocument, artifact.RuntimeEventsFile, used)
	case errors.Is(err, fs.ErrNotExist):
		return nil, nothingObserved(u.Dir)
	case err != nil:
		return nil, err
	}
	if err := s.input(u.Dir, artifact.RuntimeEventsFile, bundle.Digest(digest.Sum(nil))); err != nil {
		return nil, err
	}
	if hasManifest {
		if err := s.input(u.Dir, bundle.ManifestFile, bundle.DigestOf(data)); err != nil {
			return nil, err
		}
	}
	summary, err := s.summary()
	if err != nil {
		return nil, bad(bundle.BadDocument, artifact.RuntimeEventsFile, err)
	}
	for _, op := range summary.Ops {
		if op.Value.CoverageStatus == HealthOK {
			op.Value.CoverageStatus = HealthPartial
		}
	}
	return summary, nil
}
