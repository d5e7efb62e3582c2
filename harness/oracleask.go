package harness

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// Oracle answers questions about policies from models of what Landlock and
// Seatbelt decide. It attempts nothing, and any of them answers on every system.
//
// A policy is read once, and so are the paths of this host that questions of
// Landlock turn on: when either changes, make a new Oracle. It is safe for
// concurrent use.
type Oracle struct {
	policies remembered[policyKey, oraclePolicy]
	seatbelt remembered[sceneKey, *sbpl.World]
	here     func() *linuxHost
}

// NewOracle returns an oracle that has read nothing yet.
func NewOracle() *Oracle { return &Oracle{here: sync.OnceValue(surveyLinux)} }

// oraclePolicy is a policy made ready for questions by its model.
type oraclePolicy interface {
	ask(o *Oracle, q *OracleQuestion) (OracleAnswer, error)
}

// policyKey tells policies apart, and sceneKey what hosts are like.
type (
	policyKey struct{ file, text, params string }
	sceneKey  struct{ world, symlinks string }
)

// Ask answers a question. That a model does not know is an answer; the error is
// about a question that cannot be asked, a *DataError for a policy that does not
// load and an *InputError for the rest.
func (o *Oracle) Ask(q OracleQuestion) (OracleAnswer, error) {
	policy, err := o.policies.get(policyKey{q.Profile, q.ProfileText, keyOf(q.Params)}, func(k policyKey) int {
		return len(k.text) + len(k.params) + sizeOfFile(k.file)
	}, func() (oraclePolicy, error) {
		return loadPolicy(&q)
	})
	if err != nil {
		return OracleAnswer{}, err
	}
	return policy.ask(o, &q)
}

// sizeOfFile is 0 of a file that cannot be read either.
func sizeOfFile(file string) int {
	if file == "" {
		return 0
	}
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return int(info.Size())
}

func (k sceneKey) size() int { return len(k.symlinks) }

func (q *OracleQuestion) scene() sceneKey { return sceneKey{q.World, keyOf(q.Symlinks)} }

// textName is what a policy that has no file is called.
const textName = "profile_text"

// loadPolicy reads the policy of a question for the model of its kind.
func loadPolicy(q *OracleQuestion) (oraclePolicy, error) {
	name, text := textName, q.ProfileText
	switch {
	case q.Profile != "" && text != "":
		return nil, inputErrorf("a question takes a profile or the text of one, not both")
	case q.Profile == "" && text == "":
		return nil, inputErrorf("a question needs a profile, or the text of one")
	case q.Profile != "":
		data, err := readGiven(q.Profile)
		if err != nil {
			return nil, sourceError(q.Profile, plainReason(err))
		}
		name, text = q.Profile, string(data)
	}
	switch kind := textKind(q.Profile, text); kind {
	case kindSBPL:
		return loadSBPL(name, text, q)
	default:
		return loadLandlock(name, text, kind == kindTOML, q.Params)
	}
}

// The kinds of policy text.
const (
	kindSBPL = iota
	kindJSON
	kindTOML
)

// textKind tells by the file's name, else by the first character that means
// something, what a policy is written in.
func textKind(file, text string) int {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".sb", ".sbpl":
		return kindSBPL
	case ".json":
		return kindJSON
	case ".toml":
		return kindTOML
	}
	text = strings.TrimLeft(text, " \t\r\n\v\f")
	switch {
	case strings.HasPrefix(text, "("), strings.HasPrefix(text, ";"), strings.HasPrefix(text, "#|"):
		return kindSBPL
	case strings.HasPrefix(text, "{"):
		return kindJSON
	}
	return kindTOML
}

// keyOf is a map as text, another for every other map.
func keyOf(m map[string]string) string {
	if len(m) == 0 {
		return ""
	}
	var b []byte
	for _, k := range slices.Sorted(maps.Keys(m)) {
		for _, text := range []string{k, m[k]} {
			b = append(strconv.AppendInt(b, int64(len(text)), 10), ':')
			b = append(b, text...)
		}
	}
	return string(b)
}

// remembered makes a value for each key once. When the keys are many or large
// all are forgotten, and made again as they are asked for.
type remembered[K comparable, V any] struct {
	mu    sync.RWMutex
	made  map[K]func() (V, error)
	bytes int
}

// What is remembered at most.
const (
	maxRemembered      = 256
	maxRememberedBytes = 8 << 20 // of texts; what is made of them takes several times as much
)

// get returns the value of a key; what has not been made is made, and counts for
// its size.
func (r *remembered[K, V]) get(key K, size func(K) int, value func() (V, error)) (V, error) {
	r.mu.RLock()
	once, ok := r.made[key]
	r.mu.RUnlock()
	if !ok {
		once = r.put(key, size(key), value)
	}
	return once()
}

func (r *remembered[K, V]) put(key K, size int, value func() (V, error)) func() (V, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if once, ok := r.made[key]; ok {
		return once
	}
	if r.made == nil || len(r.made) >= maxRemembered || r.bytes+size > maxRememberedBytes {
		r.made, r.bytes = make(map[K]func() (V, error)), 0
	}
	once := sync.OnceValues(value)
	r.made[key] = once
	r.bytes += size
	return once
}
