package bundle_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
)

// Packets that were changed by hand, over a bundle of a clean channel and one
// that is not.
func TestOpenPromotable(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	newRun("r1").write(t, out)
	r := newRun("r2")
	r.opts.Channel, r.manifest.Channel = "direct", "direct"
	r.write(t, out)
	const yes = `"promotable_decision_stage": true,
    "reasons": [],`
	const no = `"promotable_decision_stage": false,
    "reasons": [
      "not_clean_channel"
    ],`
	other := strings.Repeat("0", 64)
	tests := map[string]struct {
		run, old, new string
		opens         bool
		reasons       []bundle.Reason
		code          bundle.FindingCode
	}{
		"untouched":         {run: "r1", opens: true},
		"not_clean":         {run: "r2", opens: true, reasons: []bundle.Reason{bundle.NotCleanChannel}},
		"forged_yes":        {run: "r2", old: no, new: yes, opens: true, reasons: []bundle.Reason{bundle.NotCleanChannel}},
		"forged_no":         {run: "r1", old: yes, new: no, opens: true, reasons: []bundle.Reason{bundle.NotCleanChannel}},
		"no_without_reason": {run: "r1", old: yes, new: strings.Replace(yes, "true", "false", 1), opens: true, reasons: []bundle.Reason{}},
		"digest":            {run: "r1", old: `"sha256": "`, new: `"sha256": "` + other + `", "was": "`, code: bundle.DigestDiffers},
		"run_id":            {run: "r1", old: `"run_id": "r1"`, new: `"run_id": "r2"`, code: bundle.PacketDiffers},
		"world_id":          {run: "r1", old: linuxWorld, new: macWorld, code: bundle.PacketDiffers},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			packet := filepath.Join(t.TempDir(), "p.json")
			if _, err := bundle.Emit(filepath.Join(out, tt.run), packet, false); err != nil {
				t.Fatal(err)
			}
			if tt.old != "" {
				replaceIn(t, tt.old, tt.new, packet)
			}
			p, err := bundle.LoadPacket(packet)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Open(); (err == nil) != tt.opens {
				t.Errorf("Open = %v, want it to open: %v", err, tt.opens)
			}
			b, err := p.OpenPromotable()
			var not *bundle.NotPromotableError
			var bad *bundle.IntegrityError
			switch {
			case tt.reasons != nil:
				if !errors.As(err, &not) || !slices.Equal(not.Reasons, tt.reasons) {
					t.Errorf("OpenPromotable = %v, want a *NotPromotableError with %v", err, tt.reasons)
				}
			case tt.code != "":
				if !errors.As(err, &bad) || !bad.Has(tt.code) {
					t.Errorf("OpenPromotable = %v, want an *IntegrityError with %s", err, tt.code)
				}
			case err != nil || b.RunID() != tt.run:
				t.Errorf("OpenPromotable = %v, %v", b, err)
			}
			if err != nil && (!strings.Contains(err.Error(), packet) || strings.HasSuffix(err.Error(), ": ")) {
				t.Errorf("the error does not name the packet and a reason: %v", err)
			}
		})
	}
}

// Paths of a packet that names no index start from the root; those of others do
// not.
func TestLoadPacketIn(t *testing.T) {
	root := t.TempDir()
	out := filepath.Join(root, "suites", "out")
	newRun("r1").write(t, out)
	packet := filepath.Join(root, "packets", "p.json")
	if _, err := bundle.Emit(out, packet, true); err != nil {
		t.Fatal(err)
	}
	replaceIn(t, filepath.ToSlash(out), "suites/out", packet)
	opens := func(root string) bool {
		t.Helper()
		p, err := bundle.LoadPacketIn(packet, root)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.OpenPromotable()
		return err == nil
	}
	if opens(root) {
		t.Error("a packet of ours opens from the root: its paths start from its folder")
	}
	replaceIn(t, `"artifact_index"`, `"was"`, packet)
	if !opens(root) || opens("") {
		t.Errorf("a packet without an index opens from the root: %v, from its folder: %v", opens(root), opens(""))
	}
}

// A packet without a verdict, or with one that contradicts itself, comes with the
// error, for who says what became of it.
func TestVerdictError(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	dir := newRun("r1").write(t, out)
	for name, change := range map[string][2]string{
		"absent":       {`"promotability"`, `"was"`},
		"null":         {`"promotable_decision_stage": true`, `"promotable_decision_stage": null`},
		"contradicted": {`"reasons": []`, `"reasons": ["apply_failed"]`},
	} {
		t.Run(name, func(t *testing.T) {
			packet := filepath.Join(out, "p.json")
			if _, err := bundle.Emit(dir, packet, true); err != nil {
				t.Fatal(err)
			}
			replaceIn(t, change[0], change[1], packet)
			p, err := bundle.LoadPacket(packet)
			unjudged, ok := errors.AsType[*bundle.VerdictError](err)
			if p != nil || !ok || !strings.Contains(err.Error(), packet) {
				t.Fatalf("LoadPacket = %v, %v, want a *VerdictError", p, err)
			}
			p = unjudged.Packet
			if p.RunDir() != dir || p.SHA256() != bundle.DigestOf([]byte(read(t, packet))) || p.Promotability.PromotableDecisionStage {
				t.Errorf("its packet: %s, %s, %+v", p.RunDir(), p.SHA256(), p.Promotability)
			}
			if _, err := p.OpenPromotable(); err == nil {
				t.Error("OpenPromotable has no error")
			}
		})
	}
}

// A packet and a bundle know the digests of what they were read from.
func TestDigestsOfWhatWasRead(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	packet := filepath.Join(out, "p.json")
	dir := newRun("r1").write(t, out)
	made, err := bundle.Emit(out, packet, true)
	if err != nil {
		t.Fatal(err)
	}
	p, err := bundle.LoadPacket(packet)
	if err != nil {
		t.Fatal(err)
	}
	if want := bundle.DigestOf([]byte(read(t, packet))); made.SHA256() != want || p.SHA256() != want {
		t.Errorf("the packet's digest is %s when made and %s when read, want %s", made.SHA256(), p.SHA256(), want)
	}
	b, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range b.Names() {
		if got, ok := b.SHA256(name); !ok || got != bundle.DigestOf([]byte(read(t, dir, name))) {
			t.Errorf("SHA256(%s) = %s, %v", name, got, ok)
		}
	}
	if got, ok := b.SHA256("nothing.json"); ok {
		t.Errorf("an artifact that is not there has the digest %s", got)
	}
}

func TestUnverifiedStream(t *testing.T) {
	dir := newRun("r1").write(t, filepath.Join(t.TempDir(), "out"))
	u, err := bundle.OpenUnverified(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	err = u.Stream("runtime_events.normalized.json", func(r io.Reader) (err error) {
		got, err = io.ReadAll(r)
		return err
	})
	if err != nil || string(got) != read(t, dir, "runtime_events.normalized.json") {
		t.Errorf("Stream gives %d bytes, %v", len(got), err)
	}
	if err := os.Symlink("run_manifest.json", filepath.Join(dir, "link.json")); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{"../LATEST", "nothing.json", "link.json"} {
		err := u.Stream(name, func(io.Reader) error {
			t.Errorf("%s was opened", name)
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Stream(%s) = %v", name, err)
		}
	}
}
