package bundle

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// exhaustive is how many changes of names are combined in every way. Of more,
// the likely combinations are tried, and others by chance.
const exhaustive = 10

// states calls try with what a power cut may leave now.
func (r *recorder) states(rng *rand.Rand, try func(tree)) {
	changes, unsynced := r.disk.changes()
	data := losses
	if unsynced == 0 {
		data = losses[:1]
	}
	with := func(done func(int) bool) {
		for _, d := range data {
			try(r.disk.left(loss{done, d}))
		}
	}
	if changes <= exhaustive {
		for set := range 1 << changes {
			with(func(i int) bool { return set>>i&1 == 1 })
		}
		return
	}
	for k := range changes + 1 {
		with(func(i int) bool { return i < k })  // in order, up to one
		with(func(i int) bool { return i >= k }) // the other way round
		with(func(i int) bool { return i == k }) // one alone
		with(func(i int) bool { return i != k }) // all but one
	}
	for range 1 << exhaustive {
		set := rng.Uint64()
		with(func(i int) bool { return set>>(i%64)&1 == 1 })
	}
}

// shelf keeps each file's bytes once; what is laid out from it are hard links.
type shelf struct{ dir string }

func (s shelf) lay(t tree, root string) error {
	for path := range t {
		if path[len(path)-1] == '/' {
			if err := os.MkdirAll(filepath.Join(root, path), 0o755); err != nil {
				return err
			}
		}
	}
	for path, data := range t {
		if path[len(path)-1] == '/' {
			continue
		}
		from := filepath.Join(s.dir, fmt.Sprintf("%x", sha256.Sum256([]byte(data))))
		err := os.Link(from, filepath.Join(root, path))
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.Join(os.WriteFile(from, []byte(data), 0o644), os.Link(from, filepath.Join(root, path)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// everyLoss records what do does to root and, after each of its steps, looks at
// whatever a power cut may leave then. What looks the same is looked at once,
// until do promises more. There are so many states at least.
func everyLoss(t *testing.T, c *tally, doing, root string, states int, do func(r *recorder, ended func()) error, look func(root string, ended bool) (outcome, error)) {
	t.Helper()
	r, err := newRecorder(root)
	if err != nil {
		t.Fatal(err)
	}
	keep := shelf{memory(t)}
	laid := filepath.Join(memory(t), "laid")
	rng := rand.New(rand.NewPCG(1, 2))
	row := c.row(doing, "power cut")
	seen := map[string]bool{}
	all, over := 0, false
	r.cut = func(place string) {
		r.states(rng, func(state tree) {
			all++
			key := state.key()
			if seen[key] {
				return
			}
			seen[key] = true
			if err := os.RemoveAll(laid); err != nil {
				t.Fatal(err)
			}
			if err := keep.lay(state, laid); err != nil {
				t.Fatal(err)
			}
			got, err := look(laid, over)
			if err != nil {
				t.Errorf("power cut after %s: %v\n%s", place, err, state)
			}
			row.count(place, got)
		})
	}
	r.cut("start")
	err = do(r, func() {
		clear(seen)
		over = true
		r.cut("end")
	})
	if err != nil {
		t.Fatal(err)
	}
	if row.tried() < states {
		t.Errorf("only %d states, want %d", row.tried(), states)
	}
	t.Logf("%s: %d states, %d of them different", doing, all, row.tried())
}

func (t tree) String() string {
	text := ""
	for path, data := range t {
		text += fmt.Sprintf("\t%-50s %d bytes %.20q\n", path, len(data), data)
	}
	return text
}

var lossPlaces = []string{"start", "mkdir", "create", "write", "sync", "rename", "remove", "syncDir", "syncFile", "end"}

// A power cut after any step of a run leaves the run from before or the new one,
// whatever the disk made of what was not synced. Once the writer has said that
// the run is over, it is there.
func TestPowerCut(t *testing.T) {
	tallies := make([]tally, len(doings))
	t.Run("doing", func(t *testing.T) {
		for i, doing := range doings {
			t.Run(doing.name, func(t *testing.T) {
				t.Parallel()
				root := memory(t)
				out := filepath.Join(root, "new", "deep", "out")
				p := promise{index: doing.index, latest: doing.latest,
					during: files{"run_manifest.md": "during run_manifest.md", "runtime_results.json": "during runtime_results.json"}}
				if !doing.first {
					p.before = mustProduce(t, out)
				}
				tallies[i].places = lossPlaces
				do := func(r *recorder, ended func()) error {
					err := doing.run(r, out, "during")
					ended()
					return err
				}
				everyLoss(t, &tallies[i], doing.name, root, doing.states, do, func(laid string, ended bool) (outcome, error) {
					p := p
					p.out, p.ended = filepath.Join(laid, "new", "deep", "out"), ended
					got, err := p.check()
					return got, errors.Join(err, p.next(), p.mended())
				})
			})
		}
	})
	t.Log(merge(lossPlaces, tallies))
}

// The packet comes last: one that is there opens, and once the writer has said
// that it is written it is the new run's.
func TestPowerCutBeforeThePacket(t *testing.T) {
	root := memory(t)
	out := filepath.Join(root, "out")
	mustProduce(t, out)
	packet := func(out string) string { return filepath.Join(out, "promotion_packet.json") }
	if _, err := emit(quiet{}, out, packet(out), false); err != nil {
		t.Fatal(err)
	}
	c := tally{places: lossPlaces}
	do := func(r *recorder, ended func()) error {
		if err := produce(r, out, "during"); err != nil {
			return err
		}
		_, err := emit(r, out, packet(out), false)
		ended()
		return err
	}
	everyLoss(t, &c, "run and packet", root, 160, do, func(laid string, ended bool) (outcome, error) {
		p, err := LoadPacket(packet(filepath.Join(laid, "out")))
		if err != nil {
			return getTorn, err
		}
		b, err := p.Open()
		switch {
		case err != nil:
			return getTorn, err
		case b.RunID() == "during":
			return getNew, nil
		case ended:
			return getTorn, errors.New("the packet was written and is the old one")
		}
		return getPrevious, nil
	})
	t.Log(&c)
}

// A power cut during a repair leaves the old index or the new one, and the new
// one loads: the bytes that somebody else changed are on the disk before it.
func TestPowerCutDuringRepair(t *testing.T) {
	root := memory(t)
	out := filepath.Join(root, "out")
	old := damaged(t, out)
	const whole = "r1 runtime_results.json"
	c := tally{places: lossPlaces}
	do := func(r *recorder, ended func()) error {
		r.find(filepath.Join(out, "r1", "runtime_results.json")).synced = whole
		r.cut("start")
		_, err := reindex(r, repairTime, out, true)
		ended()
		return err
	}
	everyLoss(t, &c, "repair", root, 15, do, func(laid string, ended bool) (outcome, error) {
		out := filepath.Join(laid, "out")
		// A cut may have undone the change too.
		if now, err := readFiles(filepath.Join(out, "r1")); err == nil && now[IndexFile] == old && now["runtime_results.json"] == whole {
			_, err := Load(out)
			return getPrevious, err
		}
		got, err := repaired(out, old)
		if ended && got != getNew {
			err = errors.Join(err, errors.New("the repair ended well and its index is not there"))
		}
		return got, err
	})
	t.Log(&c)
}
