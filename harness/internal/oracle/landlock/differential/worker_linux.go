package differential

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// questions is how many a round asks of its world under each of its policies:
// one that nearly grants everything, one that does, and one of another kind.
var questions = [...]int{30, 25, 25}

// worker makes round after round.
type worker struct {
	*Run
	processes     *processes
	coverage      *Coverage
	shrinking     bool // what is asked is no sample
	asked         int  // by this worker
	worlds        int
	mountedWorlds int
}

func (r *Run) worker() (*worker, error) {
	p, err := newProcesses()
	k := &worker{Run: r, processes: p, coverage: newCoverage()}
	if err != nil {
		k.close()
	}
	return k, err
}

func (k *worker) close() { k.processes.close() }

// scene is a world on disk, a policy, and what both sides know of them.
type scene struct {
	*made
	layers []sandbox.Ruleset
	cached *oracle.Cached // the host, as it is until something gets another inode
	data   oracle.Tree    // the same as data, which every third question is put to as well
	peers  oracle.Peers
	cred   *oracle.Cred
	r      *restricted

	questions int
}

// enter makes the world of a scene.
func (k *worker) enter(w *World, layers []sandbox.Ruleset) (*scene, error) {
	m, err := w.make(k.program.text)
	s := &scene{made: m, layers: layers, cred: k.cred, r: &restricted{layers: layers, nobody: w.Plain}}
	if err == nil {
		s.peers = oracle.Peers{Outside: []int{k.processes.outside()}, Unique: k.sockets.unique, Listening: append(m.listening(), k.sockets.listening...)}
		if w.Plain {
			s.cred = &oracle.Cred{UID: nobody, GID: nobody}
		}
		err = s.lookAgain(k)
	}
	if err != nil {
		return nil, errors.Join(err, m.remove())
	}
	return s, nil
}

// lookAgain forgets what was read of the host.
func (s *scene) lookAgain(k *worker) (err error) {
	s.cached = oracle.NewCached(k.host)
	s.data, err = s.tree(s.cached, k.program.detail)
	return err
}

func (s *scene) leave() error {
	s.r.close()
	return s.remove()
}

// maxWorlds is in how many worlds a round tries to see both answers.
const maxWorlds = 6

// round asks in one world, or in a few more when that has not shown both answers
// to what the round aims at.
func (k *worker) round(n int) error {
	a := &k.aims[n%len(k.aims)]
	cell := k.coverage.cell(a.cell())
	before := *cell
	for world := range maxWorlds {
		if err := k.world(n, world, a); err != nil {
			return fmt.Errorf("round %d: %w", n, err)
		}
		if cell.Allow > before.Allow && (cell.Deny > before.Deny || a.right == "") || k.shown() {
			break
		}
	}
	return nil
}

// shown says that there is enough to stop at: a disagreement.
func (k *worker) shown() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.disagreements) >= k.o.Faults
}

// world makes a world and policies for it, and asks.
func (k *worker) world(n, world int, a *aim) (err error) {
	rng := rand.New(rand.NewPCG(k.o.Seed, uint64(n*maxWorlds+world)+1))
	scratch, far := scratchAt(k.o.Dir, "r", int64(n)), scratchAt(k.o.FarDir, "r", int64(n))
	if far != "" {
		if rng.IntN(4) > 0 { // where making and removing costs less
			scratch, far = far, scratch
		}
		if rng.IntN(4) > 0 {
			far = ""
		}
	}
	w := newWorld(rng, scratch, far, k.o.Plain && rng.IntN(10) == 0, a.kinds()...)
	if k.o.Mounts && !w.Plain && rng.IntN(3) == 0 {
		addMounts(rng, w)
	}
	k.worlds++
	if w.mounted() {
		k.mountedWorlds++
	}
	s, err := k.enter(w, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.leave()) }()
	p := w.places()
	p.follow()
	d := &drafter{rng: rng, w: w, p: p, aim: a, abi: k.abi, ports: k.sockets.ports, loader: k.program.detail.Loader}
	from := &asker{rng: rng, w: w, p: p, aim: a, all: op.All(), only: k.o.Op, host: k.sockets, processes: k.processes, listening: s.listening()}
	if k.o.Log != nil {
		defer func() { err = errors.Join(err, k.settle(n)) }()
	}
	for i, layers := range d.policies() {
		s.under(layers)
		from.confined = len(layers) > 0
		if more, err := k.askAll(n, s, from, questions[i]); err != nil || !more {
			return err
		}
	}
	return nil
}

// under changes the scene's policy.
func (s *scene) under(layers []sandbox.Ruleset) {
	s.r.renew()
	s.layers, s.r.layers = layers, layers
}

// askAll asks many questions, and says whether the world is still what it was.
func (k *worker) askAll(n int, s *scene, from *asker, many int) (more bool, err error) {
	for range many {
		q, ok := from.question()
		if !ok {
			k.coverage.Skipped["nothing in the world for "+q.Op+" "+q.Syscall]++
			continue
		}
		outside := k.processes.outside()
		verdict, more, err := k.ask(s, q)
		switch {
		case err != nil:
			return false, err
		case verdict.Fault != "":
			return false, k.found(n, Case{World: *s.World, Layers: s.layers, Question: q}, verdict, outside)
		case strings.HasPrefix(verdict.Answer.Reason, refused):
			return true, nil // and so would every other question be
		case !more:
			return false, nil
		}
	}
	return true, nil
}

// refused begins the reason of an answer about a policy that is none.
const refused = "the policy cannot be applied"

// ask puts one question to both, and says whether more can be asked of the
// scene.
func (k *worker) ask(s *scene, question Question) (v Verdict, more bool, err error) {
	o, variant := variantOf(question)
	if variant == nil {
		return v, false, fmt.Errorf("no operation %s %s", question.Op, question.Syscall)
	}
	q := oracle.Question{
		Layers: s.layers, Op: question.Op, Syscall: question.Syscall, Target: question.Target, Source: question.Source,
		Tree: s.cached, Peers: s.peers, ABI: k.abi, Errata: k.errata, Cred: s.cred,
	}
	v.Answer = k.o.Model(q)
	if s.questions++; s.questions%3 == 0 {
		q.Tree = s.data
		if other := k.o.Model(q); !reflect.DeepEqual(v.Answer, other) {
			v.Fault = "host and data trees disagree: " + cmp.Diff(v.Answer, other)
			return v, false, nil
		}
	}
	if variant.Name == "held" && v.Answer.Decision == oracle.Unknown && v.Answer.Errno == 0 {
		k.coverage.Skipped["would wait: "+kindOfReason(v.Answer)]++
		return v, true, nil // a FIFO of the world holds a reader forever
	}
	var before *memory
	if v.Answer.Decision != oracle.Deny || q.Syscall == "open_creat" || q.Syscall == "creat_rdonly" {
		before = s.remember(question, variant)
	}
	tag := k.o.Log.tag()
	var refusal error
	v.Kernel, refusal = s.r.attempt(question.request(), variant, tag)
	if variant.Name == "kill_term" {
		if err := k.processes.renew(); err != nil {
			return v, false, err
		}
		s.peers.Outside = []int{k.processes.outside()}
	}
	switch faulty := strings.HasPrefix(v.Answer.Reason, refused); {
	case faulty != (refusal != nil):
		v.Fault = fmt.Sprintf("apply: %v", refusal)
	case faulty:
	default:
		v.Fault = compare(v.Answer, question, variant, v.Kernel, s.mounted())
	}
	if !k.shrinking {
		k.asked++
		k.Run.asked.Add(1)
	}
	if v.Fault != "" {
		return v, false, nil
	}
	k.coverage.add(o, variant, len(s.layers), v.Answer, v.Kernel)
	k.o.Log.expect(tag, Case{World: *s.World, Layers: s.layers, Question: question}, v)
	fresh, err := before.undo()
	// A directory that is mounted elsewhere too lives on there, and nothing can be
	// mounted on a file by a name that is gone, which a mount of it keeps.
	if errors.Is(err, errLost) || fresh && s.mounted() || s.twice && before != nil && before.relinked {
		k.coverage.Skipped["the rest of a world that was lost"]++
		return v, false, nil
	}
	if fresh {
		s.r.renew()
		err = errors.Join(err, s.lookAgain(k))
	}
	return v, true, err
}
