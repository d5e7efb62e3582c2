package mapping

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
)

// RequestError marks what the caller asked for and can mend: nothing was written.
type RequestError = bundle.RequestError

// requestErrorf is a *RequestError.
func requestErrorf(format string, args ...any) error {
	return &RequestError{Err: fmt.Errorf(format, args...)}
}

// request is what Options ask for, checked as far as it can be before a packet is
// read.
type request struct {
	opts    Options
	root    string // absolute
	out     *outFolder
	spelled string // the out folder as it was named, absolute
	receipt string // absolute
	world   string // the one expected; empty: any

	packets      []listed
	set          *PacketSet // nil: the packets were named one by one
	setName      string     // as documents have it
	setDigest    bundle.Digest
	allowMissing bool
}

// listed is a packet of the request.
type listed struct {
	path string // absolute
	name string // as documents have it
	real string // without symlinks; empty: it is not there
}

// newRequest checks options. Its errors are *RequestError unless something
// could not be looked at.
func newRequest(o Options) (*request, error) {
	r := &request{opts: o, world: o.WorldID, allowMissing: true}
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, fmt.Errorf("root: %w", err)
	}
	r.root, r.opts.Root = root, root
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return nil, requestErrorf("root %s is no folder", root)
	}
	if err := r.choosePackets(); err != nil {
		return nil, err
	}
	if o.Out == "" {
		return nil, requestErrorf("no out folder: say where the mappings go")
	}
	if r.spelled, err = filepath.Abs(o.Out); err != nil {
		return nil, fmt.Errorf("out folder: %w", err)
	}
	if r.out, err = openOut(r.spelled, true); err != nil {
		return nil, err
	}
	if err := r.placeReceipt(); err != nil {
		return nil, err
	}
	for what, file := range map[string]string{
		"ops coverage": o.OpsCoverage, "tag layouts": o.TagLayouts, "system profile digests": o.SystemProfileDigests, "field2": o.Field2,
	} {
		if file == "" {
			continue
		}
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			return nil, requestErrorf("%s %s is no file that is there", what, file)
		}
	}
	return r, nil
}

func (r *request) choosePackets() error {
	o := &r.opts
	switch {
	case len(o.Packets) > 0 && o.PacketSet != "":
		return requestErrorf("packets one by one, and a packet set too: give one of --packets and --packet-set")
	case len(o.Packets) == 0 && o.PacketSet == "":
		return requestErrorf("no packets: give --packets, once for each, or --packet-set")
	case o.PacketSet == "":
		return r.list(o.Packets, "")
	}
	abs, err := filepath.Abs(o.PacketSet)
	if err != nil {
		return fmt.Errorf("packet set: %w", err)
	}
	if r.set, r.setDigest, err = loadPacketSet(o.PacketSet); err != nil {
		return err
	}
	r.setName = named(r.root, abs)
	r.allowMissing = r.set.AllowMissing
	if r.world != "" && r.set.WorldID != "" && r.world != r.set.WorldID {
		return requestErrorf("packet set %s is of world %q, and world %q is asked for: give one of them", o.PacketSet, r.set.WorldID, r.world)
	}
	if r.set.WorldID != "" {
		r.world = r.set.WorldID
	}
	if len(r.set.Packets) == 0 {
		return requestErrorf("packet set %s has no packets: name one", o.PacketSet)
	}
	return r.list(r.set.Packets, r.root)
}

// list takes paths that start from a folder; empty: the working directory.
func (r *request) list(paths []string, from string) error {
	for _, path := range paths {
		if path == "" {
			return requestErrorf("an empty path of a packet: name a file")
		}
		local := filepath.FromSlash(path)
		if from != "" && !filepath.IsAbs(local) {
			local = filepath.Join(from, local)
		}
		abs, err := filepath.Abs(local)
		if err != nil {
			return fmt.Errorf("packet: %w", err)
		}
		l := listed{path: abs, name: named(r.root, abs)}
		if l.real, err = filepath.EvalSymlinks(abs); err != nil {
			l.real = ""
		}
		r.packets = append(r.packets, l)
	}
	return nil
}

// placeReceipt says where the receipt goes: never where it takes the place of
// what the promotion reads, nor among the mappings under another name.
func (r *request) placeReceipt() error {
	if r.opts.Receipt == "" {
		r.receipt = filepath.Join(r.out.dir, ReceiptFile)
		return r.checkReceipt()
	}
	abs, err := filepath.Abs(r.opts.Receipt)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	// As far as it is there, without symlinks: a rename does not look through one.
	dir, err := realPath(filepath.Dir(abs))
	if err != nil {
		return noPlace("receipt", err)
	}
	r.receipt = filepath.Join(dir, filepath.Base(abs))
	own := filepath.Join(r.out.dir, ReceiptFile)
	whole, what := wholeAbove(dir)
	switch {
	case r.receipt == own:
	case within(r.out.dir, r.receipt):
		return requestErrorf("receipt %s is among the mappings: call it %s there, or put it elsewhere", r.opts.Receipt, filepath.Join(r.opts.Out, ReceiptFile))
	case within(r.receipt, r.out.dir):
		return requestErrorf("receipt %s would be a file, and a folder for the mappings: put it elsewhere", r.opts.Receipt)
	case strings.HasPrefix(r.receipt, beside(r.out.dir, ".")):
		return requestErrorf("receipt %s has a name of the promotion's own: call it otherwise", r.opts.Receipt)
	case whole != "":
		return requestErrorf("receipt %s lies in %s, %s, and would be a stranger there: put it elsewhere", r.opts.Receipt, whole, what)
	}
	return r.checkReceipt()
}

// checkReceipt refuses to replace what is no receipt, or is one that is read.
func (r *request) checkReceipt() error {
	for _, p := range r.packets {
		if p.path == r.receipt || p.real == r.receipt {
			return requestErrorf("receipt %s is the packet %s: put the receipt elsewhere", r.receipt, p.name)
		}
	}
	info, err := os.Lstat(r.receipt)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return noPlace("receipt", err)
	case !info.Mode().IsRegular():
		return requestErrorf("receipt %s is there and no file: remove it, or put the receipt elsewhere", r.receipt)
	}
	root, err := os.OpenRoot(filepath.Dir(r.receipt))
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	defer root.Close()
	if err := checkIsReceipt(root, filepath.Base(r.receipt)); err != nil {
		return requestErrorf("receipt %s is there and no receipt: %w: move it away, or put the receipt elsewhere", r.receipt, err)
	}
	return nil
}
