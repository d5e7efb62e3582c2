package analysis

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/stage"
)

// GoldenFiles are where golden artifacts were written.
type GoldenFiles struct {
	Decodes, Expectations, Traces string
	Blobs                         []string // in the order of the keys
}

// Write makes the golden artifacts and writes them, the decodes last. Every byte
// is on the disk before the first file takes its name; files that have the names
// are replaced. Without a compiler or decoder that is needed it is a
// *NoToolError, and nothing is written.
func (g *Golden) Write() (*GoldenFiles, error) {
	if err := g.checkTools(); err != nil {
		return nil, err
	}
	decodes := GoldenDecodes{Metadata: GoldenMetadata{g.worldID}, Decodes: make([]GoldenDecode, 0, len(g.profiles))}
	expectations := GoldenExpectations{Metadata: GoldenMetadata{g.worldID}}
	var blobs []stage.File
	var traces bytes.Buffer
	for _, p := range g.profiles {
		blob, err := g.blob(p)
		if err != nil {
			return nil, fmt.Errorf("profile %q: %w", p.key, err)
		}
		file := stage.File{Path: filepath.Join(g.o.Out, DecodedBlobsFolder, p.name), Data: blob}
		decode, err := g.decode(p, file)
		if err != nil {
			return nil, fmt.Errorf("profile %q: %w", p.key, err)
		}
		decodes.Decodes = append(decodes.Decodes, *decode)
		expectations.Profiles = append(expectations.Profiles, artifact.Member[GoldenProfile]{
			Key: p.key, Value: GoldenProfile{Blob: p.blob, Mode: p.mode, SHA256: hexDigest(p.data)},
		})
		blobs = append(blobs, file)
		traces.Write(p.traces.Bytes())
	}
	decoded, err1 := document(&decodes)
	expected, err2 := document(&expectations)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	files := append([]stage.File{
		{Path: filepath.Join(g.o.Out, GoldenDecodesFile), Data: decoded},
		{Path: filepath.Join(g.o.Out, GoldenExpectationsFile), Data: expected},
		{Path: filepath.Join(g.o.Out, filepath.FromSlash(GoldenTracesFile)), Data: traces.Bytes()},
	}, blobs...)
	if err := stage.Check(files, true); err != nil {
		return nil, err
	}
	if err := stage.Write(files); err != nil {
		return nil, err
	}
	written := &GoldenFiles{Decodes: files[0].Path, Expectations: files[1].Path, Traces: files[2].Path}
	for _, b := range blobs {
		written.Blobs = append(written.Blobs, b.Path)
	}
	return written, nil
}

// checkTools says which tool is needed and not there.
func (g *Golden) checkTools() error {
	var missing NoToolError
	for _, p := range g.profiles {
		if missing.Compiler == "" && g.o.Compiler == nil && !p.compiled() {
			missing.Compiler = p.key
		}
		if missing.Decoder == "" && g.o.Decoder == nil {
			missing.Decoder = p.key
		}
	}
	if missing != (NoToolError{}) {
		return &missing
	}
	return nil
}

// blob is the profile, compiled.
func (g *Golden) blob(p *goldenProfile) ([]byte, error) {
	if p.compiled() {
		return p.data, nil
	}
	blob, err := g.o.Compiler.CompileSBPL(g.source(p), p.data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("compile %s: %w", p.blob, err)
	case len(blob) == 0:
		return nil, fmt.Errorf("compile %s: the compiler made an empty blob", p.blob)
	}
	return blob, nil
}

func (g *Golden) decode(p *goldenProfile, file stage.File) (*GoldenDecode, error) {
	decoded, err := g.o.Decoder.DecodeBlob(file.Data)
	if err != nil {
		return nil, fmt.Errorf("decode the blob of %s: %w", p.blob, err)
	}
	d := &GoldenDecode{Key: p.key, SHA256: hexDigest(file.Data), DecodedBlob: *decoded}
	if d.TagCounts == nil {
		d.TagCounts = map[string]int{}
	}
	if d.LiteralStrings == nil {
		d.LiteralStrings = []string{}
	}
	path, err := filepath.Abs(file.Path)
	if err == nil {
		d.Blob, err = NameIn(g.o.Root, path)
	}
	return d, err
}

func hexDigest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
