package mapping

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
)

// Promotion is what became of a request.
type Promotion struct {
	Receipt     *Receipt
	ReceiptFile string // where it was written; absolute
	Rejected    []Rejection
	Out         string // the mappings' folder; absolute, without symlinks

	// These are of mappings that were made.
	Index        *Index   // nil: none were
	Documents    []string // the files in Out but the traces, sorted
	Observations int

	// Left are folders beside Out that hold files which no promotion wrote.
	Left []string
}

// RefusedError says why nothing was promoted, when the request could be judged:
// the receipt is written, and the mappings are what they were.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// Promote makes the mappings of the packets that pass the gate.
//
// A *RequestError says what of the request can be mended; nothing was
// written. Otherwise the receipt is written before anything else, and the
// Promotion says what is in it, beside an error too: a *RefusedError when nothing
// is to be promoted, an *EvidenceError when mappings cannot be made of a packet,
// one that wraps bundle.ErrLocked while somebody else promotes to the same folder. After an
// error the mappings are the old ones, whole, unless it says that the new ones
// are in place.
func Promote(o Options) (*Promotion, error) { return promote(disk{}, o) }

func promote(s steps, o Options) (p *Promotion, err error) {
	r, err := newRequest(o)
	if err != nil {
		return nil, err
	}
	g := newStage(s, r.out)
	unlock, err := g.lock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	p = &Promotion{ReceiptFile: r.receipt, Out: r.out.dir}
	if p.Left, err = g.settle(); err != nil {
		return nil, err
	}
	// What was looked at before the lock was held may have changed.
	if r.out, err = openOut(r.out.dir, false); err != nil {
		return nil, err
	}
	g.out = r.out
	candidates := r.gate()
	p.Receipt = newReceipt(r, candidates)
	p.Rejected = p.Receipt.Packets.Rejected
	receipt, err := p.Receipt.encode()
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	if err := g.writeReceipt(r.receipt, receipt); err != nil {
		return nil, g.explain("write receipt "+r.receipt, err)
	}
	if o.Receipted != nil {
		o.Receipted(p)
	}
	if err := r.refusal(p.Receipt); err != nil {
		return p, err
	}
	return p, p.make(g, r, candidates, receipt)
}

// refusal says why nothing is promoted although packets may have passed.
func (r *request) refusal(receipt *Receipt) error {
	missing := 0
	for _, c := range receipt.Packets.Considered {
		if c.Status == StatusMissing {
			missing++
		}
	}
	rejected := receipt.Packets.Rejected
	switch {
	case missing > 0 && !r.allowMissing:
		return &RefusedError{fmt.Sprintf("nothing was promoted: packet set %s allows no missing packet, and %s is not there", r.setName, firstOf(rejected, MissingPacket))}
	case len(receipt.Packets.Used) == 0:
		return &RefusedError{"nothing was promoted: no packet passed the gate"}
	case r.opts.RequireAll && len(rejected) > 0:
		return &RefusedError{fmt.Sprintf("nothing was promoted: every packet is required, and %s was rejected: %s", rejected[0].Path, rejected[0].Reasons[0])}
	}
	return nil
}

func firstOf(rejected []Rejection, reason RejectReason) string {
	for _, r := range rejected {
		if r.Reasons[0] == reason {
			return r.Path
		}
	}
	return ""
}

// writeReceipt writes the receipt for good.
func (g *stage) writeReceipt(file string, data []byte) error {
	if filepath.Dir(file) != g.out.dir {
		if err := mkdirAll(g.steps, filepath.Dir(file)); err != nil {
			return err
		}
		return replace(g.steps, file, filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+"."+g.name+".tmp"), data)
	}
	if !g.out.is {
		if err := g.steps.mkdir(g.out.dir, g.out.mode); err != nil {
			return err
		}
		if err := g.steps.syncDir(g.parent()); err != nil {
			return err
		}
	}
	// Beside the mappings, or a killed promotion would leave a stranger in them.
	return replace(g.steps, file, g.beside(receipting)+g.name, data)
}

// make makes the mappings and puts them in place.
func (p *Promotion) make(g *stage, r *request, candidates []*candidate, receipt []byte) error {
	staged, err := g.make()
	if err != nil {
		return err
	}
	var sources []*source
	for _, c := range candidates {
		if c.source != nil && c.considered.Status == StatusUsed {
			sources = append(sources, c.source)
		}
	}
	gen := &generation{steps: g.steps, req: r, dir: staged}
	x, err := gen.generate(sources, bundle.DigestOf(receipt))
	if err == nil && filepath.Dir(r.receipt) == g.out.dir {
		err = g.steps.make(filepath.Join(staged, ReceiptFile), func(file string) error { return os.WriteFile(file, receipt, 0o644) })
	}
	if err != nil {
		return errors.Join(g.explain("make mappings", err), g.steps.removeAll(staged))
	}
	left, err := g.swap(staged)
	p.Left = append(p.Left, left...)
	if err != nil {
		return err
	}
	p.Index, p.Observations = x, gen.observations
	for _, f := range x.Files {
		if !strings.Contains(f.Path, CutsFolder+"/"+analysis.TracesFolder+"/") {
			p.Documents = append(p.Documents, f.Path)
		}
	}
	return nil
}
