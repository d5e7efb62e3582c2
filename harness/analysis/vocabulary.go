package analysis

import "encoding/json"

// Vocabulary has the operations of a system with their ids.
type Vocabulary struct{}

// VocabularyOf is the built-in vocabulary of the system that a world id speaks
// of. A world of a system without one is an error.
func VocabularyOf(worldID string) (*Vocabulary, error) { panic("not built") }

// LoadVocabulary reads a vocabulary of one's own: {"ops": [{"name", "id"}, …]}.
func LoadVocabulary(file string) (*Vocabulary, error) { panic("not built") }

// ID is an operation's id; false when the vocabulary does not have the operation.
// A Linux operation is also found by the Seatbelt names that stand for it.
func (v *Vocabulary) ID(operation string) (int, bool) { panic("not built") }

// Check refuses an operation that the vocabulary does not have: the error names
// it, and the one that was most likely meant.
func (v *Vocabulary) Check(operation string) error { panic("not built") }

// Entry is an operation's entry as the vocabulary's file has it; nil without one.
func (v *Vocabulary) Entry(operation string) json.RawMessage { panic("not built") }

// File is where the vocabulary stands, and SHA256 the hex digest of its bytes. A
// built-in one is named by its path in the project's tree.
func (v *Vocabulary) File() string   { panic("not built") }
func (v *Vocabulary) SHA256() string { panic("not built") }
