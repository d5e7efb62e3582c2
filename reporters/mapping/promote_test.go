package mapping

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// tree is every file below a folder with its bytes.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if d.Type()&os.ModeSymlink != 0 {
			files[rel], err = os.Readlink(path)
			return err
		}
		data, err := os.ReadFile(path)
		files[rel] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

func put(t testing.TB, text string, path ...string) {
	t.Helper()
	file := filepath.Join(path...)
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// What comes to nothing leaves a receipt, and the mappings as they were.
func TestNothingPromoted(t *testing.T) {
	g := newGenerations(t)
	set := func(text string) func(o *Options) {
		return func(o *Options) {
			put(t, text, g.w.root, "set.json")
			o.Packets, o.PacketSet = nil, filepath.Join(g.w.root, "set.json")
		}
	}
	for name, tt := range map[string]struct {
		opts func(o *Options)
		says string
	}{
		"nothing_used":   {func(o *Options) { o.Packets = []string{"/gone", "/also"} }, "no packet passed the gate"},
		"not_all":        {func(o *Options) { o.Packets, o.RequireAll = append(o.Packets, "/gone"), true }, "/gone was rejected: missing_packet"},
		"missing_of_set": {set(`{"schema_version": "runtime.packet_set.v0.1", "allow_missing": false, "packets": ["a/promotion_packet.json", "gone"]}`), "gone is not there"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, err := g.start(false)
			defer os.RemoveAll(dir)
			if err != nil {
				t.Fatal(err)
			}
			o := g.second(dir)
			tt.opts(&o)
			before := tree(t, o.Out)
			told := 0
			o.Receipted = func(p *Promotion) {
				told++
				checkSchema(t, p.ReceiptFile, SchemaReceipt)
			}
			p, err := promote(quiet{}, o)
			if _, ok := errors.AsType[*RefusedError](err); !ok || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("promote = %v, want a *RefusedError that says %q", err, tt.says)
			}
			if told != 1 || p == nil || p.Index != nil || len(p.Receipt.Packets.Rejected) == 0 {
				t.Errorf("promote = %+v", p)
			}
			after := tree(t, o.Out)
			if after[ReceiptFile] == before[ReceiptFile] {
				t.Error("the receipt is the old one")
			}
			before[ReceiptFile] = after[ReceiptFile]
			if len(after) != len(before) {
				t.Errorf("%d files, were %d", len(after), len(before))
			}
			for name, text := range before {
				if after[name] != text {
					t.Errorf("%s is another", name)
				}
			}
			v, err := VerifyMappings(o.Out)
			if err != nil || !v.OK() || len(v.Findings) != 1 || v.Findings[0].Code != ReceiptLater {
				t.Errorf("VerifyMappings = %+v, %v", v, err)
			}
		})
	}
}

// A receipt elsewhere stays elsewhere, and the mappings need not be there before.
func TestReceiptElsewhere(t *testing.T) {
	g := newGenerations(t)
	dir := t.TempDir()
	o := g.second(filepath.Join(dir, "deep", "er"))
	o.Receipt = filepath.Join(dir, "receipts", "r.json")
	for range 2 {
		p, err := promote(disk{}, o)
		if err != nil || len(p.Left) > 0 {
			t.Fatalf("promote = %+v, %v", p, err)
		}
		v, err := VerifyMappings(o.Out)
		if err != nil || len(v.Findings) > 0 || v.index.ReceiptSHA256 != bundle.DigestOf([]byte(tree(t, dir)["receipts/r.json"])) {
			t.Errorf("VerifyMappings = %+v, %v", v, err)
		}
		if _, err := os.Lstat(filepath.Join(o.Out, ReceiptFile)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a receipt among the mappings: %v", err)
		}
	}
}

// The out folder may be a symlink to one, and keeps its mode.
func TestOutIsSymlink(t *testing.T) {
	g := newGenerations(t)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "m")); err != nil {
		t.Skip(err)
	}
	for range 2 {
		if _, err := promote(quiet{}, g.second(dir)); err != nil {
			t.Fatal(err)
		}
		link, err := os.Readlink(filepath.Join(dir, "m"))
		info, statErr := os.Stat(filepath.Join(dir, "real"))
		if err != nil || link != "real" || statErr != nil || info.Mode().Perm() != 0o750 {
			t.Fatalf("m is %q, %v; real is %v, %v", link, err, info.Mode(), statErr)
		}
		if _, err := g.reader(dir, false); err != nil {
			t.Error(err)
		}
	}
}

// While somebody promotes, nobody else does, and is told who it is.
func TestLocked(t *testing.T) {
	g := newGenerations(t)
	dir := t.TempDir()
	o := g.second(dir)
	tried := 0
	o.Receipted = func(*Promotion) {
		tried++
		_, err := promote(quiet{}, g.second(dir))
		if !errors.Is(err, bundle.ErrLocked) || !strings.Contains(err.Error(), "by process ") {
			t.Errorf("a second promotion: %v", err)
		}
	}
	if _, err := promote(quiet{}, o); err != nil || tried != 1 {
		t.Errorf("promote = %v, tried %d", err, tried)
	}
}

// What somebody puts into the old mappings while the new ones are made is not
// lost with them.
func TestStrangerMeanwhile(t *testing.T) {
	g := newGenerations(t)
	dir, err := g.start(false)
	defer os.RemoveAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	o := g.second(dir)
	o.Receipted = func(*Promotion) { put(t, "mine", dir, "m", CutsFolder, "notes.txt") }
	p, err := promote(quiet{}, o)
	if err != nil || len(p.Left) != 1 {
		t.Fatalf("promote = %+v, %v", p, err)
	}
	for range 2 { // and the next promotion leaves it too
		if files := tree(t, p.Left[0]); len(files) != 1 || files["runtime_cuts/notes.txt"] != "mine" {
			t.Errorf("left %v", files)
		}
		next, err := promote(quiet{}, g.second(dir))
		if err != nil || !slices.Equal(next.Left, p.Left) {
			t.Fatalf("promote = %+v, %v", next, err)
		}
	}
}

// Readers find whole mappings at every moment.
func TestReadersMeanwhile(t *testing.T) {
	g := newGenerations(t)
	dir, err := g.start(false)
	defer os.RemoveAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	stop, read := make(chan struct{}), 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := g.reader(dir, false); err != nil {
				t.Error(err)
				return
			}
			read++
		}
	})
	for i := range 6 {
		o := g.second(dir)
		o.Packets = [][]string{g.new, g.old}[i%2]
		if _, err := promote(quiet{}, o); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
	t.Logf("%d readings", read)
}

// What is on its way to the disk gets there in this order.
func TestOrderOfSteps(t *testing.T) {
	g := newGenerations(t)
	dir, err := g.start(false)
	defer os.RemoveAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	var mu sync.Mutex
	s := newCounted(func(_ int, place, name string) error {
		mu.Lock()
		defer mu.Unlock()
		if place == "make" || place == "made" || place == "remove" {
			name = ""
		} else if strings.HasPrefix(name, ".m.") {
			name = strings.TrimRight(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
		}
		if step := strings.TrimSpace(place + " " + name); len(order) == 0 || order[len(order)-1] != step {
			order = append(order, step)
		}
		return nil
	})
	if _, err := promote(s, g.second(dir)); err != nil {
		t.Fatal(err)
	}
	order = slices.DeleteFunc(order, func(s string) bool { return s == "made" })
	order = slices.Compact(order)
	want := []string{
		"lock .m.promotion.lock",
		"create .m.receipt-", "write .m.receipt-", "sync .m.receipt-", "rename promotion_receipt.json", "syncDir m",
		"mkdir .m.staging-", "make", "syncTree .m.staging-",
		"rename .m.ready-", "exchange m", "syncDir " + filepath.Base(dir), "remove",
	}
	if !slices.Equal(order, want) {
		t.Errorf("steps %q\nwant  %q", order, want)
	}
}

// Worlds whose ids are no names of folders, or differ in case only, have folders
// of their own.
func TestFolderNames(t *testing.T) {
	worlds := []string{made.LinuxWorld, made.MacWorld, "a/b", "a_b", "W", "w", "..", "/", "mapping_index.json", strings.Repeat("x", 500)}
	seen := map[string]string{}
	for i, name := range folderNames(worlds) {
		folded := strings.ToLower(name)
		if other, ok := seen[folded]; ok {
			t.Errorf("%q and %q both have folder %q", other, worlds[i], name)
		}
		seen[folded] = worlds[i]
		if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\`) || strings.HasPrefix(name, ".") || len(name) > 200 || slices.Contains([]string{IndexFile, ReceiptFile, CrossWorldFile}, name) {
			t.Errorf("world %.40q has folder %q", worlds[i], name)
		}
		if i < 2 && name != worlds[i] {
			t.Errorf("world %q has folder %q", worlds[i], name)
		}
	}
}
