package analysis

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/nearest"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// SchemaVocabulary is the schema string of a vocabulary. A file of one's own may
// do without.
const SchemaVocabulary = "rtgen.vocabulary.v0.1"

// Vocabulary has the operations of a system with their ids. It does not change,
// and may be shared.
type Vocabulary struct {
	file, sha256 string
	ops          map[string]vocabularyOp // by name and by alias
	names        []string                // in the order of the file, each followed by its aliases
}

type vocabularyOp struct {
	id    int
	entry json.RawMessage
}

// LoadVocabulary reads a vocabulary of one's own: {"ops": [{"name", "id"}, …]},
// where other keys may stand too. An entry may have "aliases", other names for
// its operation. No two entries have a name or an id in common.
func LoadVocabulary(file string) (*Vocabulary, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return readVocabulary(file, data)
}

func readVocabulary(file string, data []byte) (*Vocabulary, error) {
	var doc struct {
		SchemaVersion *string           `json:"schema_version"`
		Ops           []json.RawMessage `json:"ops"`
	}
	if err := artifact.Decode(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if doc.SchemaVersion != nil {
		if err := artifact.CheckMajor(*doc.SchemaVersion); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	if len(doc.Ops) == 0 {
		return nil, fmt.Errorf("%s: no ops; list operations with their ids", file)
	}
	sum := sha256.Sum256(data)
	v := &Vocabulary{file: file, sha256: hex.EncodeToString(sum[:]), ops: map[string]vocabularyOp{}}
	byID := map[int]string{}
	for i, entry := range doc.Ops {
		if err := v.add(entry, byID); err != nil {
			return nil, fmt.Errorf("%s: ops[%d]: %w", file, i, err)
		}
	}
	return v, nil
}

// add takes in one entry; byID has the name of every operation so far.
func (v *Vocabulary) add(entry json.RawMessage, byID map[int]string) error {
	var o struct {
		Name    string   `json:"name"`
		ID      *int     `json:"id"`
		Aliases []string `json:"aliases"`
	}
	if err := artifact.Decode(entry, &o); err != nil {
		if o.Name != "" {
			err = fmt.Errorf("%.140q: %w", o.Name, err)
		}
		return err
	}
	if err := artifact.CheckID("name", o.Name); err != nil {
		return err
	}
	switch {
	case o.ID == nil:
		return fmt.Errorf("%q has no id", o.Name)
	case *o.ID < 0:
		return fmt.Errorf("%q has the id %d; ids start at 0", o.Name, *o.ID)
	}
	if other, taken := byID[*o.ID]; taken {
		return fmt.Errorf("%q has the id of %q, %d", o.Name, other, *o.ID)
	}
	byID[*o.ID] = o.Name
	for _, name := range append([]string{o.Name}, o.Aliases...) {
		if err := artifact.CheckID("alias", name); err != nil {
			return fmt.Errorf("%q: %w", o.Name, err)
		}
		if other, taken := v.ops[name]; taken {
			return fmt.Errorf("%q is also a name of %q", name, byID[other.id])
		}
		v.ops[name] = vocabularyOp{*o.ID, entry}
		v.names = append(v.names, name)
	}
	return nil
}

// ID is an operation's id; false when the vocabulary does not have the operation.
// An operation is also found by the other names that a probe may call it by: on
// Linux the Seatbelt names that stand for it.
func (v *Vocabulary) ID(operation string) (int, bool) {
	o, ok := v.ops[operation]
	return o.id, ok
}

// Check refuses an operation that the vocabulary does not have: the error names
// it, and the one that was most likely meant.
func (v *Vocabulary) Check(operation string) error {
	if _, ok := v.ops[operation]; ok {
		return nil
	}
	if kernel := seatbelt.KernelName(operation); v.ops[kernel].entry != nil {
		return fmt.Errorf("operation %q is a name for profiles alone and not in %s; the kernel calls it %q", operation, v.file, kernel)
	}
	return fmt.Errorf("unknown operation %.140q: not in %s%s", operation, v.file, nearest.Meant(nearest.Word(operation, v.names)))
}

// Entry is an operation's entry as the vocabulary's file has it; nil without one.
func (v *Vocabulary) Entry(operation string) json.RawMessage {
	return slices.Clone(v.ops[operation].entry)
}

// File is where the vocabulary stands, and SHA256 the hex digest of its bytes. A
// built-in one is named by its path in the project's tree.
func (v *Vocabulary) File() string   { return v.file }
func (v *Vocabulary) SHA256() string { return v.sha256 }
