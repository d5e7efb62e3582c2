package analysis

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// GoldenOptions says what golden artifacts are made of, and where they go.
// Relative paths start from the working directory.
type GoldenOptions struct {
	Matrix   string   // an expected matrix
	Results  string   // runtime results
	Baseline string   // world.json: {"world_id", …}
	Out      string   // the folder for the files; it is made
	Root     string   // where the matrix's paths start, and those in documents; empty: the working directory
	Keys     []string // the ids of the profiles; none: GoldenKeys

	Compiler SBPLCompiler // nil: there is none
	Decoder  BlobDecoder  // nil: there is none
}

// Golden is golden artifacts as far as their inputs go: all but what a compiler
// and a decoder make of them.
type Golden struct {
	o        GoldenOptions
	worldID  string
	profiles []*goldenProfile // in the order of the keys
}

// goldenProfile is a profile as the matrix has it.
type goldenProfile struct {
	key    string
	name   string // of its blob among the decoded ones
	blob   string // its file in the matrix, which has it if inMatrix
	mode   string
	data   []byte       // of that file
	traces bytes.Buffer // a line for each of its results

	inMatrix bool
}

// compiled says whether the profile's file is a blob already.
func (p *goldenProfile) compiled() bool {
	return p.mode == modeBlob || strings.HasSuffix(p.blob, ".bin")
}

// LoadGolden reads what golden artifacts are made of and says what is wrong with
// it; nothing is written. Of the results it keeps the lines of the golden
// profiles, no other.
func LoadGolden(o GoldenOptions) (*Golden, error) {
	g := &Golden{o: o}
	if err := g.keys(); err != nil {
		return nil, err
	}
	if err := errors.Join(g.readBaseline(), openDocument(o.Matrix, g.readMatrix)); err != nil {
		return nil, err
	}
	if err := errors.Join(g.readProfiles(), openDocument(o.Results, g.readResults)); err != nil {
		return nil, err
	}
	return g, nil
}

// keys makes a profile of every key. A key is a file's name, with "_" for ":".
func (g *Golden) keys() error {
	keys := g.o.Keys
	if len(keys) == 0 {
		keys = GoldenKeys
	}
	byName := map[string]string{}
	for _, key := range keys {
		if err := artifact.CheckID("golden profile", key); err != nil {
			return err
		}
		name := strings.ReplaceAll(key, ":", "_")
		if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) {
			return fmt.Errorf("golden profile %q: its id cannot name a file; leave it out", key)
		}
		if other, taken := byName[name]; taken {
			return fmt.Errorf("golden profiles %q and %q would have one file, %s; leave one out", other, key, name)
		}
		byName[name] = key
		g.profiles = append(g.profiles, &goldenProfile{key: key, name: name + ".sb.bin"})
	}
	return nil
}

func (g *Golden) profile(id string) *goldenProfile {
	if i := slices.IndexFunc(g.profiles, func(p *goldenProfile) bool { return p.key == id }); i >= 0 {
		return g.profiles[i]
	}
	return nil
}

// openDocument opens a file for a reader of documents.
func openDocument(file string, read func(io.Reader) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := read(f); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (g *Golden) readBaseline() error {
	data, err := os.ReadFile(g.o.Baseline)
	if err != nil {
		return err
	}
	var world struct {
		WorldID string `json:"world_id"`
	}
	err = artifact.Decode(data, &world)
	if err == nil {
		err = artifact.CheckID("world_id", world.WorldID)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", g.o.Baseline, err)
	}
	g.worldID = world.WorldID
	return nil
}

// readMatrix finds the golden profiles in the matrix. Its scenarios are passed
// over one by one.
func (g *Golden) readMatrix(r io.Reader) error {
	var world string
	var known []string
	d := artifact.NewReader(r)
	err := d.Object([]string{"world_id", "profiles"}, func(key string) error {
		switch key {
		case "world_id":
			return d.Value(&world)
		case "profiles":
			return d.Object(nil, func(id string) error {
				known = append(known, id)
				return readMatrixProfile(d, g.profile(id))
			})
		}
		return d.Skip()
	})
	if err = cmp.Or(err, d.Close()); err != nil {
		return err
	}
	if g.worldID != "" && world != "" && world != g.worldID {
		return fmt.Errorf("world %q is not %q, that of %s; give the baseline of the matrix's own world", world, g.worldID, g.o.Baseline)
	}
	var missing []string
	for _, p := range g.profiles {
		if !p.inMatrix {
			missing = append(missing, strconv.Quote(p.key))
		}
	}
	if missing != nil {
		return fmt.Errorf("no profile %s; golden artifacts are made of a matrix that has every one", strings.Join(missing, ", "))
	}
	return nil
}

// readMatrixProfile reads one profile of the matrix; a nil p is one that is not
// golden.
func readMatrixProfile(d *artifact.Reader, p *goldenProfile) error {
	var blob, mode string
	err := d.Object([]string{"blob", "mode", "probes"}, func(key string) error {
		switch key {
		case "blob":
			return d.Value(&blob)
		case "mode":
			return d.Value(&mode)
		case "probes":
			return d.Array(func(int) error { return d.Skip() })
		}
		return d.Skip()
	})
	if err == nil && p != nil {
		p.inMatrix, p.blob, p.mode = true, blob, cmp.Or(mode, modeSBPL)
	}
	return err
}

// The modes that Seatbelt profiles have in a matrix.
const (
	modeSBPL = "sbpl"
	modeBlob = "blob"
)

// readProfiles reads the files of the golden profiles.
func (g *Golden) readProfiles() error {
	var errs []error
	for _, p := range g.profiles {
		err := artifact.CheckID("blob", p.blob)
		switch {
		case err != nil:
		case p.mode != modeSBPL && p.mode != modeBlob:
			err = fmt.Errorf("mode %q; golden artifacts are of Seatbelt profiles, modes %s and %s", p.mode, modeSBPL, modeBlob)
		default:
			p.data, err = os.ReadFile(g.source(p))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: profile %q: %w", g.o.Matrix, p.key, err))
		}
	}
	return errors.Join(errs...)
}

// source is where a profile's file lies.
func (g *Golden) source(p *goldenProfile) string {
	if filepath.IsAbs(p.blob) {
		return p.blob
	}
	return filepath.Join(g.o.Root, filepath.FromSlash(p.blob))
}

// readResults makes the traces of the golden profiles that have results.
func (g *Golden) readResults(r io.Reader) error {
	row := func(profile string, row *artifact.ResultsProbe) error {
		p := g.profile(profile)
		if p == nil {
			return nil
		}
		line, err := artifact.Encode(&GoldenTrace{
			Profile: profile, Probe: row.Name, Expected: row.Expected, Actual: row.Actual, Match: row.Match,
			Operation: row.Operation, Path: row.Path, ExitCode: row.ExitCode.Ptr(),
			ViolationSummary: row.ViolationSummary, Command: row.Command,
		}, artifact.Line)
		p.traces.Write(line)
		return err
	}
	return artifact.ReadResults(r, row, func(string, *artifact.ResultsProfile) error { return nil })
}
