package analysis

import (
	"fmt"
	"sync"

	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/registries"
)

// The built-in vocabularies by system.
var vocabularies = map[contract.System]func() (*Vocabulary, error){
	contract.Darwin: builtinVocabulary("vocab/seatbelt_ops.json"),
	contract.Linux:  builtinVocabulary("vocab/linux_ops.json"),
}

func builtinVocabulary(file string) func() (*Vocabulary, error) {
	return sync.OnceValues(func() (*Vocabulary, error) {
		data, err := registries.FS.ReadFile(file)
		if err != nil {
			return nil, err
		}
		return readVocabulary("registries/"+file, data)
	})
}

// VocabularyOf is the built-in vocabulary of the system that a world id speaks
// of. A world of a system without one is an error.
func VocabularyOf(worldID string) (*Vocabulary, error) {
	load, ok := vocabularies[contract.SystemOf(worldID)]
	if !ok {
		return nil, fmt.Errorf("world %.140q is of no system whose operations are known; give a vocabulary file, or a world such as linux-6.18-amd64-landlock7-0a1b2c3d", worldID)
	}
	return load()
}

// SystemVocabulary is the built-in vocabulary of a system.
func SystemVocabulary(system contract.System) (*Vocabulary, error) {
	load, ok := vocabularies[system]
	if !ok {
		return nil, fmt.Errorf("no vocabulary for system %q; there are darwin and linux", system)
	}
	return load()
}
