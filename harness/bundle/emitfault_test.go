package bundle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// attested makes a committed run that has a statement, of one scenario of this
// name.
func attested(t *testing.T, out, id string) {
	t.Helper()
	st, err := create(context.Background(), disk{}, out, Options{RunID: id, WorldID: "w", Channel: "direct", PlanID: "p", LockMode: LockFail})
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
	write(artifact.RuntimeEventsFile, json.RawMessage(`[{"expectation_id": "`+id+`", "expected": "allow", "actual": "deny"}]`))
	if err := st.Commit(StatusOK); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// pair is what lies at a packet's path and at its statement's; the statement is
// empty when there is none.
func pair(t *testing.T, path string) (packet, statement string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	about, err := os.ReadFile(StatementPath(path))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(data), string(about)
}

// Stopped at any step, Emit leaves the old packet or the new one, each whole and
// with its own statement or none; a full disk that has no room for the packet
// leaves both. VerifyPacket says what happened, and emitting
// again mends it.
func TestEveryStepOfEmitMayFail(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	attested(t, out, "r1")
	attested(t, out, "r2")
	path := filepath.Join(out, "promotion_packet.json")
	emitted := func(id string) (packet, statement string) {
		t.Helper()
		if _, err := Emit(filepath.Join(out, id), path, false); err != nil {
			t.Fatal(err)
		}
		packet, statement = pair(t, path)
		if statement == "" {
			t.Fatal("no statement")
		}
		return packet, statement
	}
	newPacket, newStatement := emitted("r2")
	for _, crash := range []bool{false, true} {
		kept, alone := 0, 0
		for n := 1; ; n++ {
			oldPacket, oldStatement := emitted("r1")
			f := &faulty{n: n, crash: crash}
			_, err := emit(f, filepath.Join(out, "r2"), path, false)
			if f.at < n {
				if err != nil || n < 16 {
					t.Errorf("crash %v: %d steps, %v", crash, n-1, err)
				}
				break
			}
			if err == nil {
				t.Errorf("crash %v, step %d (%s): no error", crash, n, f.what)
			}
			packet, statement := pair(t, path)
			switch {
			case packet != oldPacket && packet != newPacket,
				statement != "" && (packet == oldPacket) != (statement == oldStatement),
				statement != "" && statement != oldStatement && statement != newStatement:
				t.Errorf("crash %v, step %d (%s): left\n%s\n%s", crash, n, f.what, packet, statement)
			case statement == "":
				alone++
			default:
				kept++
			}
			v, err := VerifyPacket(path, "")
			if err != nil || !v.OK() || (v.Statement == "") != (statement == "") {
				t.Errorf("crash %v, step %d (%s): VerifyPacket = %+v, %v", crash, n, f.what, v, err)
			}
			if said := len(v.Findings) == 1 && v.Findings[0].Code == StatementMissing; said != (statement == "") {
				t.Errorf("crash %v, step %d (%s): statement %q, findings %v", crash, n, f.what, statement, v.Findings)
			}
			if left, _ := filepath.Glob(filepath.Join(out, ".*.tmp")); !crash && len(left) > 0 {
				t.Errorf("step %d (%s): left behind %q", n, f.what, left)
			}
		}
		if kept == 0 || alone == 0 {
			t.Errorf("crash %v: %d times with a statement and %d times without: not every moment was seen", crash, kept, alone)
		}
	}
}

// What was verified and what the tests are read from are the same bytes, or
// there is no statement and no packet.
func TestStatementOfEventsThatChanged(t *testing.T) {
	changes := map[string]func(file string, whole []byte) error{
		"decision": func(file string, whole []byte) error {
			return os.WriteFile(file, bytes.Replace(whole, []byte(`"deny"`), []byte(`"dent"`), 1), 0o644)
		},
		"longer": func(file string, whole []byte) error {
			return os.WriteFile(file, append(bytes.Clone(whole), '\n'), 0o644)
		},
		"no_longer_read": func(file string, _ []byte) error { return os.WriteFile(file, []byte("{"), 0o644) },
		"gone":           func(file string, _ []byte) error { return os.Remove(file) },
		"folder": func(file string, _ []byte) error {
			return errors.Join(os.Remove(file), os.Mkdir(file, 0o755))
		},
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			attested(t, out, "r1")
			in, err := inspect(out)
			if err != nil {
				t.Fatal(err)
			}
			judged := in.promotability()
			if st, none, err := in.statement("p.json", Digest{}, judged); st == nil || err != nil {
				t.Fatalf("statement = %v, %q, %v", st, none, err)
			}
			file := filepath.Join(out, "r1", artifact.RuntimeEventsFile)
			whole, err := os.ReadFile(file)
			if err == nil {
				err = change(file, whole)
			}
			if err != nil {
				t.Fatal(err)
			}
			st, none, err := in.statement("p.json", Digest{}, judged)
			var bad *IntegrityError
			if st != nil || none != "" || !errors.As(err, &bad) {
				t.Errorf("statement = %v, %q, %v, want an *IntegrityError", st, none, err)
			}
		})
	}
}
