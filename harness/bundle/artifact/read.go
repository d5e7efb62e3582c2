package artifact

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Header is what the documents that are one list say above it.
type Header struct {
	SchemaVersion string
	WorldID       string
	RunID         string // empty where the document has none
}

// ReadMatrix reads expected_matrix.json scenario by scenario and returns its
// world. An error of row ends it, here and in the functions below.
func ReadMatrix(r io.Reader, row func(profile string, p *MatrixProbe) error) (worldID string, err error) {
	err = document(r, ExpectedMatrixFile, func(d *Reader) error {
		return d.Object([]string{"world_id", "profiles"}, func(key string) error {
			switch key {
			case "world_id":
				return d.Value(&worldID)
			case "profiles":
				return d.Object(nil, func(id string) error {
					return d.Object([]string{"blob", "mode", "family", "semantic_group", "probes"}, func(key string) error {
						if key != "probes" {
							return d.Skip()
						}
						return rows(d, func(p *MatrixProbe) error { return row(id, p) })
					})
				})
			}
			return d.Skip()
		})
	})
	return worldID, err
}

// ReadResults reads runtime_results.json: each profile's rows, then the profile
// itself, without them.
func ReadResults(r io.Reader, row func(profile string, p *ResultsProbe) error, profile func(id string, p *ResultsProfile) error) error {
	return document(r, RuntimeResultsFile, func(d *Reader) error {
		return d.Object(nil, func(id string) error {
			var p ResultsProfile
			fields := map[string]any{
				"status": &p.Status, "profile_path": &p.ProfilePath, "base_profile_path": &p.BaseProfilePath, "preflight": &p.Preflight,
				"notes": &p.Notes, "schema_version": &p.SchemaVersion, "run_id": &p.RunID,
			}
			known := []string{"probes"}
			for key := range fields {
				known = append(known, key)
			}
			err := d.Object(known, func(key string) error {
				if key == "probes" {
					return rows(d, func(p *ResultsProbe) error { return row(id, p) })
				}
				if field, ok := fields[key]; ok {
					return d.Value(field)
				}
				return d.Skip()
			})
			if err != nil {
				return err
			}
			return profile(id, &p)
		})
	})
}

// ReadEvents reads runtime_events.normalized.json.
func ReadEvents(r io.Reader, row func(*Event) error) error {
	return document(r, RuntimeEventsFile, func(d *Reader) error { return rows(d, row) })
}

// ReadBaseline reads baseline_results.json.
func ReadBaseline(r io.Reader, row func(*BaselineRow) error) (Header, error) {
	return list(r, BaselineResultsFile, SchemaBaselineResults, "results", row)
}

// ReadOracle reads oracle_results.json.
func ReadOracle(r io.Reader, row func(*OracleRow) error) (Header, error) {
	return list(r, OracleResultsFile, SchemaOracleResults, "results", row)
}

// ReadPathWitnesses reads path_witnesses.json.
func ReadPathWitnesses(r io.Reader, row func(*PathWitness) error) (Header, error) {
	return list(r, PathWitnessesFile, SchemaPathWitnesses, "records", row)
}

// ReadFixtures reads fixtures.json.
func ReadFixtures(r io.Reader, row func(*FixtureRecord) error) (Header, error) {
	return list(r, FixturesFile, SchemaFixtures, "records", row)
}

// ReadMismatchSummary reads mismatch_summary.json and returns it without its
// rows.
func ReadMismatchSummary(r io.Reader, row func(*Mismatch) error) (*MismatchSummary, error) {
	s := new(MismatchSummary)
	fields := map[string]any{"world_id": &s.WorldID, "generated_by": &s.GeneratedBy, "counts": &s.Counts, "error": &s.Error}
	err := document(r, MismatchSummaryFile, func(d *Reader) error {
		return d.Object([]string{"world_id", "generated_by", "counts", "error", "mismatches"}, func(key string) error {
			if key == "mismatches" {
				return rows(d, row)
			}
			if field, ok := fields[key]; ok {
				return d.Value(field)
			}
			return d.Skip()
		})
	})
	return s, err
}

// EachMismatchPacket reads mismatch_packets.jsonl. An empty file and a single
// newline both mean that there are none.
func EachMismatchPacket(r io.Reader, row func(*MismatchPacket) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxRow)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var p MismatchPacket
		err := Decode(lines.Bytes(), &p)
		if err == nil {
			err = CheckSchema(p.SchemaVersion, SchemaMismatchPacket)
		}
		if err == nil {
			err = row(&p)
		}
		if err != nil {
			return fmt.Errorf("%s line %d: %w", MismatchPacketsFile, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", MismatchPacketsFile, err)
	}
	return nil
}

// ReadMismatchPackets is EachMismatchPacket for those who want them all.
func ReadMismatchPackets(r io.Reader) ([]MismatchPacket, error) {
	var packets []MismatchPacket
	err := EachMismatchPacket(r, func(p *MismatchPacket) error {
		packets = append(packets, *p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return packets, nil
}

func document(r io.Reader, file string, read func(*Reader) error) error {
	d := NewReader(r)
	err := read(d)
	if err == nil {
		err = d.Close()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func list[T any](r io.Reader, file, schema, name string, row func(*T) error) (h Header, err error) {
	err = document(r, file, func(d *Reader) error {
		err := d.Object([]string{"schema_version", "world_id", "run_id", "plan_id", name}, func(key string) error {
			switch key {
			case "schema_version":
				return d.Value(&h.SchemaVersion)
			case "world_id":
				return d.Value(&h.WorldID)
			case "run_id":
				return d.Value(&h.RunID)
			case name:
				return rows(d, row)
			}
			return d.Skip()
		})
		if err == nil {
			err = CheckSchema(h.SchemaVersion, schema)
		}
		return err
	})
	return h, err
}
