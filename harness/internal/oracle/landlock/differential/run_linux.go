package differential

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Options says how to run. Dir has no default.
type Options struct {
	Decisions int    // to ask for; zero: none
	Seed      uint64 // the same seed asks the same questions
	Workers   int    // zero: one
	Dir       string // worlds are made in here
	FarDir    string // and here, on another mount; empty: no world has a far side
	Plain     bool   // some worlds are asked about by nobody, which takes root
	Mounts    bool   // some worlds mount: the process has mounts of its own
	Op        string // the only operation to ask about; empty: all
	Faults    int    // disagreements that end the run; zero: one
	Model     func(oracle.Question) oracle.Answer
	Log       *AuditLog       // nil: records are not compared; with one there is one worker
	Progress  func(asked int) // may be nil
}

// Run is a comparison under way.
type Run struct {
	o           Options
	abi, errata int
	wanted      []aim // every cell that should show its answers
	aims        []aim // what rounds aim at
	host        *oracle.Host
	cred        *oracle.Cred // nil for root
	program     program
	sockets     *sockets
	next, asked atomic.Int64
	scratches   atomic.Int64 // folders given to cases that are asked about once more

	mu            sync.Mutex
	coverage      *Coverage
	disagreements []Disagreement
	worlds        int
	mountedWorlds int
}

// program is an ELF file that worlds copy, and how the kernel runs it.
type program struct {
	text   []byte
	detail oracle.Detail
}

// ErrNoKernel says that there is no Landlock to compare with.
var ErrNoKernel = errors.New("no kernel to compare with")

// New gets ready to compare. Whoever has a Run must Close it.
func New(o Options) (*Run, error) {
	abi, err := sandbox.ABI()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoKernel, err)
	}
	if o.Model == nil {
		o.Model = oracle.Ask
	}
	if o.Log != nil {
		o.Workers = 1
	}
	o.Workers, o.Faults = max(o.Workers, 1), max(o.Faults, 1)
	r := &Run{o: o, abi: abi, host: oracle.NewHost(), coverage: newCoverage()}
	if r.cred, err = asking(); err != nil {
		return nil, err
	}
	r.wanted = aims(abi, r.cred, o.Op)
	// What Landlock does not mediate comes up by itself, unless it is seldom
	// asked about.
	r.aims = slices.DeleteFunc(slices.Clone(r.wanted), func(a aim) bool { return a.right == "" && !a.costly() && o.Op == "" })
	if len(r.aims) == 0 {
		return nil, fmt.Errorf("no operation %q on this kernel", o.Op)
	}
	// Rounds take their aims in an order that is the seed's.
	rng := rand.New(rand.NewPCG(o.Seed, 0))
	rng.Shuffle(len(r.aims), func(i, j int) { r.aims[i], r.aims[j] = r.aims[j], r.aims[i] })
	if r.errata, err = sandbox.Errata(); err != nil && !errors.Is(err, sandbox.ErrNoErrata) {
		return nil, err
	}
	if r.program, err = realProgram(r.host); err != nil {
		return nil, err
	}
	r.sockets, err = newSockets(o.Seed)
	if err != nil {
		r.sockets.close()
	}
	return r, err
}

// Close gives back what the run holds.
func (r *Run) Close() { r.sockets.close() }

// Go asks until there are enough decisions, or disagreements.
func (r *Run) Go(ctx context.Context) (*Report, error) {
	start := time.Now()
	errs := make([]error, r.o.Workers)
	var all sync.WaitGroup
	for i := range r.o.Workers {
		all.Go(func() { errs[i] = r.work(ctx) })
	}
	all.Wait()
	rep := &Report{
		Seed: r.o.Seed, ABI: r.abi, UID: os.Getuid(), Workers: r.o.Workers, Decisions: int(r.asked.Load()), Worlds: r.worlds, MountedWorlds: r.mountedWorlds,
		Took: time.Since(start), Coverage: r.coverage, Disagreements: r.disagreements, Missing: r.coverage.missing(r.wanted),
	}
	if r.o.Log != nil {
		rep.Records = r.o.Log.records
	}
	return rep, errors.Join(errs...)
}

func (r *Run) work(ctx context.Context) error {
	k, err := r.worker()
	if err != nil {
		return err
	}
	defer k.close()
	for r.asked.Load() < int64(r.o.Decisions) && ctx.Err() == nil && !k.shown() {
		if err := k.round(int(r.next.Add(1) - 1)); err != nil {
			return err
		}
		if r.o.Progress != nil {
			r.o.Progress(int(r.asked.Load()))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.coverage.merge(k.coverage)
	r.worlds += k.worlds
	r.mountedWorlds += k.mountedWorlds
	return ctx.Err()
}

// realProgram reads a program that does nothing.
func realProgram(host *oracle.Host) (program, error) {
	text, err := os.ReadFile("/bin/true")
	if err != nil {
		return program{}, fmt.Errorf("no program to execute: %w", err)
	}
	detail, err := host.Inspect("/bin/true")
	return program{text: text, detail: detail}, err
}

// Searchable says whether nobody may reach a folder.
func Searchable(dir string) bool {
	for ; dir != "/"; dir = path.Dir(dir) {
		if st, err := os.Stat(dir); err != nil || st.Mode()&0o005 != 0o005 {
			return false
		}
	}
	return true
}
