package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// attested makes a committed run that has a statement, of one scenario of this
// name.
func attested(t *testing.T, out, id string) {
	t.Helper()
	st, err := create(context.Background(), quiet{}, out, Options{RunID: id, WorldID: "w", Channel: "direct", PlanID: "p", LockMode: LockFail})
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, v any) {
		t.Helper()
		data, err := canon.Marshal(v, canon.Indented)
		if err == nil {
			err = st.Write(name, nil, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(ManifestFile, RunManifest{SchemaVersion: SchemaManifest, RunID: id, WorldID: "w", Channel: "direct", PlanID: "p", CompiledDigest: "c"})
	write(artifact.ExpectedMatrixFile, artifact.ExpectedMatrix{WorldID: "w", Profiles: artifact.Ordered[artifact.MatrixProfile]{{Key: "p", Value: artifact.MatrixProfile{
		Probes: []artifact.MatrixProbe{{Name: "n", Operation: "o", Target: "t", Expected: "allow", ExpectationID: id}}}}}})
	write(artifact.RuntimeEventsFile, []artifact.Event{{
		ExpectationID: id, Expected: "allow", Actual: new("deny"), Match: new(false), RuntimeStatus: "errno", ScenarioID: id,
		ProfileID: "p", ProbeName: "n", Operation: "o", Target: "t", RunID: id, WorldID: "w",
	}})
	if err := st.Commit(StatusOK); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// pair is what lies at a packet's path and at its statement's; the statement is
// empty when there is none.
type pair struct{ packet, statement string }

func readPair(path string) (p pair, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return p, err
	}
	about, err := os.ReadFile(StatementPath(path))
	if err != nil && !os.IsNotExist(err) {
		return p, err
	}
	return pair{string(data), string(about)}, nil
}

func (p pair) put(path string) error {
	return errors.Join(os.WriteFile(path, []byte(p.packet), 0o644), os.WriteFile(StatementPath(path), []byte(p.statement), 0o644))
}

// exchange is the packet of one run that gives way to that of another.
type exchange struct {
	old, new pair
	kept     int // how often a statement was left
	alone    int // and how often none
}

// newExchange makes both runs in out, and leaves the packet of the first.
func newExchange(t *testing.T, out, path string) *exchange {
	t.Helper()
	x := new(exchange)
	for id, p := range map[string]*pair{"before": &x.old, "during": &x.new} {
		attested(t, out, id)
		_, err := emit(quiet{}, filepath.Join(out, id), path, false)
		if err == nil {
			*p, err = readPair(path)
		}
		if err != nil || p.statement == "" {
			t.Fatalf("packet of %s: %+v, %v", id, p, err)
		}
	}
	if err := x.old.put(path); err != nil {
		t.Fatal(err)
	}
	return x
}

// check wants one of the two packets, whole and with its own statement or none,
// and the new ones once they were written. VerifyPacket says what is there.
func (x *exchange) check(path string, ended bool) (outcome, error) {
	is, err := readPair(path)
	if err != nil {
		return getTorn, err
	}
	got, statement := getNew, x.new.statement
	if is.packet == x.old.packet {
		got, statement = getPrevious, x.old.statement
	}
	switch {
	case is.packet != x.old.packet && is.packet != x.new.packet,
		is.statement != "" && is.statement != statement:
		return getTorn, fmt.Errorf("left\n%s\n%s", is.packet, is.statement)
	case ended && is != x.new:
		return getTorn, fmt.Errorf("written, it is said, and left\n%s\n%s", is.packet, is.statement)
	case is.statement == "":
		x.alone++
	default:
		x.kept++
	}
	v, err := VerifyPacket(path, "")
	if err != nil || !v.OK() || (v.Statement == "") != (is.statement == "") {
		return got, fmt.Errorf("VerifyPacket = %+v, %w", v, err)
	}
	if said := len(v.Findings) == 1 && v.Findings[0].Code == StatementMissing; said != (is.statement == "") {
		return got, fmt.Errorf("statement %q, findings %v", is.statement, v.Findings)
	}
	return got, nil
}

func (x *exchange) everyMoment(t *testing.T) {
	t.Helper()
	if x.kept == 0 || x.alone == 0 {
		t.Errorf("%d times with a statement and %d times without: not every moment was seen", x.kept, x.alone)
	}
}

// Whatever step fails, in whatever way, and whatever fails while it is cleaned up
// after, Emit leaves the old packet or the new one, each whole and with its own
// statement or none. A full disk that has no room for the packet leaves both, and
// emitting again mends everything.
func TestEveryStepOfEmitMayFail(t *testing.T) {
	out := filepath.Join(memory(t), "out")
	path := filepath.Join(out, "promotion_packet.json")
	x := newExchange(t, out, path)
	c := tally{places: places}
	everyFault(t, &c, "emit", 14, true, func(f *faulty) (outcome, error) {
		left, _ := filepath.Glob(filepath.Join(out, ".*.tmp"))
		for _, name := range left {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.old.put(path); err != nil {
			t.Fatal(err)
		}
		_, err := emit(f, filepath.Join(out, "during"), path, false)
		got, wrong := x.check(path, err == nil)
		if is, _ := readPair(path); f.name == "ENOSPC, stays" && got == getPrevious && is != x.old {
			wrong = errors.Join(wrong, errors.New("no room for the packet, and the old one's statement is gone"))
		}
		// Who is killed, or may not remove, leaves what he had, and so does who does not know that he made it.
		if left, _ = filepath.Glob(filepath.Join(out, ".*.tmp")); len(left) > 0 && !f.crash && !f.done && f.then == 0 && !slices.Contains(f.stays, "remove") {
			wrong = errors.Join(wrong, fmt.Errorf("left behind %q", left))
		}
		if _, err := emit(quiet{}, filepath.Join(out, "during"), path, false); err != nil {
			return got, errors.Join(wrong, err)
		}
		if is, err := readPair(path); err != nil || is != x.new {
			wrong = errors.Join(wrong, fmt.Errorf("emitted again: %+v, %w", is, err))
		}
		return got, wrong
	})
	x.everyMoment(t)
	if c.tried() < 120 {
		t.Errorf("only %d faults were tried", c.tried())
	}
	t.Log(&c)
}

// A power cut after any step leaves the same, also when somebody was killed just
// before who had taken the old statement away.
func TestPowerCutDuringEmit(t *testing.T) {
	for _, doing := range []struct {
		name   string
		killed bool
		states int
	}{{"emit", false, 14}, {"emit after a killed one", true, 17}} {
		t.Run(doing.name, func(t *testing.T) {
			root := memory(t)
			out := filepath.Join(root, "out")
			path := func(root string) string { return filepath.Join(root, "out", "promotion_packet.json") }
			x := newExchange(t, out, path(root))
			c := tally{places: lossPlaces}
			do := func(r *recorder, ended func()) error {
				if doing.killed {
					if err := r.remove(StatementPath(path(root))); err != nil {
						return err
					}
				}
				_, err := emit(r, filepath.Join(out, "during"), path(root), false)
				ended()
				return err
			}
			everyLoss(t, &c, doing.name, root, doing.states, do, func(laid string, ended bool) (outcome, error) {
				return x.check(path(laid), ended)
			})
			x.everyMoment(t)
			t.Log(&c)
		})
	}
}

// What was verified and what the tests are read from are the same bytes, or the
// verdict says that they are not and there is no statement.
func TestVerdictOfEventsThatChanged(t *testing.T) {
	changes := map[string]struct {
		change func(file string, whole []byte) error
		want   FindingCode
	}{
		"decision": {func(file string, whole []byte) error {
			return os.WriteFile(file, bytes.Replace(whole, []byte(`"deny"`), []byte(`"dent"`), 1), 0o644)
		}, DigestDiffers},
		"longer": {func(file string, whole []byte) error {
			return os.WriteFile(file, append(bytes.Clone(whole), '\n'), 0o644)
		}, SizeDiffers},
		"no_longer_read": {func(file string, _ []byte) error { return os.WriteFile(file, []byte("{"), 0o644) }, SizeDiffers},
		"gone":           {func(file string, _ []byte) error { return os.Remove(file) }, FileMissing},
		"folder": {func(file string, _ []byte) error {
			return errors.Join(os.Remove(file), os.Mkdir(file, 0o755))
		}, NotRegular},
	}
	for name, tt := range changes {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			attested(t, out, "r1")
			in, err := inspect(out)
			if err != nil {
				t.Fatal(err)
			}
			statement := func(in *inspection) (*statement, []Reason) {
				t.Helper()
				judged, tests, err := in.verdict()
				if err != nil {
					t.Fatal(err)
				}
				st, none := in.statement("p.json", Digest{}, judged, tests)
				if (st == nil) != (none != "") {
					t.Errorf("statement = %v, %q", st, none)
				}
				return st, judged.Reasons
			}
			whole := *in
			if st, reasons := statement(&whole); st == nil || slices.Contains(reasons, IntegrityUnverified) {
				t.Fatalf("statement = %v, %v", st, reasons)
			}
			file := filepath.Join(out, "r1", artifact.RuntimeEventsFile)
			data, err := os.ReadFile(file)
			if err == nil {
				err = tt.change(file, data)
			}
			if err != nil {
				t.Fatal(err)
			}
			if st, reasons := statement(in); st != nil || !slices.Contains(reasons, IntegrityUnverified) || !in.has(tt.want) {
				t.Errorf("statement = %v, %v, %v", st, reasons, in.findings)
			}
		})
	}
}
