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

// What the caller can mend is refused before anything is written.
func TestRefusedRequests(t *testing.T) {
	g := newGenerations(t)
	root := g.w.root
	mappings := func(t *testing.T, dir string) {
		if err := os.CopyFS(filepath.Join(dir, "m"), os.DirFS(g.kept)); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		before func(t *testing.T, dir string)
		opts   func(o *Options, dir string)
		says   string
	}{
		"both":              {opts: func(o *Options, dir string) { o.PacketSet = "set.json" }, says: "--packet-set"},
		"neither":           {opts: func(o *Options, dir string) { o.Packets = nil }, says: "--packets"},
		"no_out":            {opts: func(o *Options, dir string) { o.Out = "" }, says: "no out folder"},
		"empty_packet":      {opts: func(o *Options, dir string) { o.Packets = []string{""} }, says: "empty path"},
		"no_root":           {opts: func(o *Options, dir string) { o.Root = filepath.Join(dir, "gone") }, says: "gone is no folder"},
		"no_field2":         {opts: func(o *Options, dir string) { o.Field2 = filepath.Join(dir, "gone") }, says: "field2"},
		"receipt_is_packet": {opts: func(o *Options, dir string) { o.Receipt = o.Packets[0] }, says: "is the packet"},
		"receipt_is_packet_by_symlink": {before: func(t *testing.T, dir string) {
			if err := os.Symlink(filepath.Dir(g.new[0]), filepath.Join(dir, "l")); err != nil {
				t.Skip(err)
			}
		}, opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "l", bundle.PacketFile) }, says: "is the packet"},
		"receipt_is_missing_packet": {opts: func(o *Options, dir string) {
			o.Receipt = filepath.Join(dir, "gone.json")
			o.Packets = append(o.Packets, o.Receipt)
		}, says: "is the packet"},
		"receipt_is_packet_set": {before: func(t *testing.T, dir string) {
			put(t, `{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"]}`, dir, "set.json")
		}, opts: func(o *Options, dir string) {
			o.Packets, o.PacketSet, o.Receipt = nil, filepath.Join(dir, "set.json"), filepath.Join(dir, "set.json")
		}, says: "no receipt"},
		"receipt_is_index_of_run": {opts: func(o *Options, dir string) {
			o.Receipt = filepath.Join(root, "a", "a-run", bundle.IndexFile)
		}, says: "a run's folder"},
		"receipt_in_run": {opts: func(o *Options, dir string) {
			o.Receipt = filepath.Join(root, "a", "a-run", "deep", "r.json")
		}, says: "a run's folder"},
		"receipt_in_other_mappings": {before: mappings, opts: func(o *Options, dir string) {
			o.Out, o.Receipt = filepath.Join(dir, "n"), filepath.Join(dir, "m", ReceiptFile)
		}, says: "mappings of another promotion"},
		"receipt_is_document": {before: func(t *testing.T, dir string) { put(t, `{"mine": 1}`, dir, "r.json") },
			opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "r.json") }, says: "no receipt"},
		"receipt_is_symlink": {before: func(t *testing.T, dir string) {
			if err := os.Symlink("gone", filepath.Join(dir, "r.json")); err != nil {
				t.Skip(err)
			}
		}, opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "r.json") }, says: "is there and no file"},
		"receipt_above_out": {opts: func(o *Options, dir string) {
			o.Out = filepath.Join(dir, "r", "m")
			o.Receipt = filepath.Join(dir, "r")
		}, says: "a folder for the mappings"},
		"receipt_is_lock": {opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, ".m"+lockSuffix) }, says: "the promotion's own"},
		"receipt_below_file": {before: func(t *testing.T, dir string) { put(t, "mine", dir, "f") },
			opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "f", "r.json") }, says: "not a directory"},
		"out_below_file": {before: func(t *testing.T, dir string) { put(t, "mine", dir, "f") },
			opts: func(o *Options, dir string) { o.Out = filepath.Join(dir, "f", "m") }, says: "not a directory"},
		"out_in_run":      {opts: func(o *Options, dir string) { o.Out = filepath.Join(root, "a", "a-run", "m") }, says: "a run's folder"},
		"out_is_run":      {opts: func(o *Options, dir string) { o.Out = filepath.Join(root, "a", "a-run") }, says: "which no promotion wrote"},
		"out_above_run":   {opts: func(o *Options, dir string) { o.Out = filepath.Join(root, "a") }, says: "which no promotion wrote"},
		"out_in_mappings": {before: mappings, opts: func(o *Options, dir string) { o.Out = filepath.Join(dir, "m", "deep", "n") }, says: "mappings of another promotion"},
		"out_nowhere": {before: func(t *testing.T, dir string) {
			if err := os.Symlink("gone", filepath.Join(dir, "m")); err != nil {
				t.Skip(err)
			}
		}, says: "leads nowhere"},
		"out_in_a_circle": {before: func(t *testing.T, dir string) {
			if err := os.Symlink("m", filepath.Join(dir, "m")); err != nil {
				t.Skip(err)
			}
		}, says: "too many links"},
		"out_too_long":      {opts: func(o *Options, dir string) { o.Out = filepath.Join(dir, strings.Repeat("x", 300)) }, says: "too long"},
		"receipt_is_folder": {opts: func(o *Options, dir string) { o.Receipt = root }, says: "is there and no file"},
		"receipt_in_out":    {opts: func(o *Options, dir string) { o.Receipt = filepath.Join(dir, "m", "r.json") }, says: ReceiptFile},
		"no_packet_set":     {opts: func(o *Options, dir string) { o.Packets, o.PacketSet = nil, filepath.Join(dir, "gone") }, says: SchemaPacketSet},
		"two_worlds": {before: func(t *testing.T, dir string) {
			put(t, `{"schema_version": "runtime.packet_set.v0.1", "packets": ["a"], "world_id": "w"}`, dir, "set.json")
		}, opts: func(o *Options, dir string) {
			o.Packets, o.PacketSet, o.WorldID = nil, filepath.Join(dir, "set.json"), "v"
		}, says: `"v"`},
		"empty_set": {before: func(t *testing.T, dir string) {
			put(t, `{"schema_version": "runtime.packet_set.v0.1", "packets": []}`, dir, "set.json")
		}, opts: func(o *Options, dir string) { o.Packets, o.PacketSet = nil, filepath.Join(dir, "set.json") }, says: "no packets"},
		"out_is_file":  {before: func(t *testing.T, dir string) { put(t, "mine", dir, "m") }, says: "no folder"},
		"out_is_root":  {opts: func(o *Options, dir string) { o.Out = "/" }, says: "root of the file system"},
		"strange_file": {before: func(t *testing.T, dir string) { put(t, "mine", dir, "m", "notes.txt") }, says: "holds notes.txt, which no promotion wrote"},
		"strange_folder": {before: func(t *testing.T, dir string) {
			if err := os.MkdirAll(filepath.Join(dir, "m", "mine"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, says: "holds mine/"},
		"strange_receipt":     {before: func(t *testing.T, dir string) { put(t, `{"mine": 1}`, dir, "m", ReceiptFile) }, says: "no receipt"},
		"strange_index":       {before: func(t *testing.T, dir string) { put(t, `{"mine": 1}`, dir, "m", IndexFile) }, says: "cannot be read"},
		"strange_in_mappings": {before: func(t *testing.T, dir string) { mappings(t, dir); put(t, "mine", dir, "m", CutsFolder, "notes.txt") }, says: "holds runtime_cuts/notes.txt"},
		"changed_mappings": {before: func(t *testing.T, dir string) {
			mappings(t, dir)
			edit(t, filepath.Join(dir, "m", CoverageFile), "runtime", "nutrime")
		}, says: "holds runtime_coverage.json, which was changed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.before != nil {
				tt.before(t, dir)
			}
			o := Options{Root: root, Out: filepath.Join(dir, "m"), Packets: slices.Clone(g.new)}
			if tt.opts != nil {
				tt.opts(&o, dir)
			}
			before := tree(t, dir)
			_, err := promote(quiet{}, o)
			if _, ok := errors.AsType[*RequestError](err); !ok || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("promote = %v, want a *RequestError that says %q", err, tt.says)
			}
			after := tree(t, dir)
			delete(after, ".m"+lockSuffix)
			if len(after) != len(before) {
				t.Errorf("there are %d files, there were %d", len(after), len(before))
			}
			for name, text := range before {
				if after[name] != text {
					t.Errorf("%s is another", name)
				}
			}
		})
	}
}

// The working folder is not replaced under whoever stands in it.
func TestOutIsWorkingFolder(t *testing.T) {
	g := newGenerations(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for _, out := range []string{".", dir, "../" + filepath.Base(dir) + "/"} {
		_, err := promote(quiet{}, Options{Root: g.w.root, Out: out, Packets: g.new})
		if _, ok := errors.AsType[*RequestError](err); !ok || !strings.Contains(err.Error(), "is the working folder") {
			t.Errorf("promote to %s = %v", out, err)
		}
	}
}

// An out folder is the same however it is spelled.
func TestOutSpelled(t *testing.T) {
	g := newGenerations(t)
	dir := t.TempDir()
	t.Chdir(dir)
	for _, out := range []string{"m", "m/", "./m/.", "../" + filepath.Base(dir) + "/m", filepath.Join(dir, "m")} {
		p, err := promote(quiet{}, Options{Root: g.w.root, Out: out, Packets: g.new})
		if err != nil || p.Out != filepath.Join(dir, "m") || len(p.Left) > 0 {
			t.Fatalf("promote to %s = %+v, %v", out, p, err)
		}
		if n, err := g.reader(dir, false); err != nil || n != 2 {
			t.Errorf("%s: %d packets, %v", out, n, err)
		}
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
