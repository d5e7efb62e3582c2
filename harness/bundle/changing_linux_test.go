package bundle_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"golang.org/x/sys/unix"
)

// While files are replaced, grow, shrink and come back, Load refuses or every
// byte that it gives, then and later, is what its index says: manifest, status
// and summary too, and what a packet rests on.
func TestFilesThatChange(t *testing.T) {
	out := filepath.Join(inMemory(t), "out")
	dir := newRun("r1").write(t, out)
	type pair struct{ name, good, bad string }
	var files []pair
	for _, c := range []struct{ name, old, new string }{
		{bundle.ManifestFile, `"spawn_clean"`, `"spawn_dirty"`}, {bundle.StatusFile, `"complete"`, `"complett"`},
		{bundle.SummaryFile, `"ok"`, `"no"`}, {victim, "of", "fo"},
	} {
		good := read(t, dir, c.name)
		files = append(files, pair{c.name, good, strings.ReplaceAll(good, c.old, c.new)}, pair{c.name, good, good + " "}, pair{c.name, good, good[:9]})
	}
	stop := make(chan struct{})
	var flips sync.WaitGroup
	flips.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			f := files[i%len(files)]
			path := filepath.Join(dir, f.name)
			// In place, and as another file under the name.
			_ = os.WriteFile(path, []byte(f.bad), 0o644)
			_ = os.WriteFile(path+".new", []byte(f.good), 0o644)
			_ = os.Rename(path+".new", path)
			if i%7 == 0 {
				_ = os.Remove(path)
				_ = os.Symlink("/etc/passwd", path)
				_ = os.WriteFile(path+".new", []byte(f.good), 0o644)
				_ = os.Rename(path+".new", path)
			}
		}
	})
	loaded, refused := 0, 0
	for range 100 {
		b, err := bundle.Load(dir)
		if err != nil {
			refused++
		} else {
			loaded++
			if b.Manifest.Channel != "spawn_clean" || b.Status.State != bundle.StateComplete || b.Summary.Status != bundle.StatusOK {
				t.Fatalf("loaded what was not committed: %+v %+v %+v", b.Manifest, b.Status, b.Summary)
			}
			for _, name := range b.Names() {
				data, err := b.Read(name)
				i := slices.IndexFunc(files, func(p pair) bool { return p.name == name })
				if err == nil && i >= 0 && string(data) != files[i].good {
					t.Fatalf("%s: other bytes than were committed: %q", name, data)
				}
			}
		}
		p, err := bundle.Emit(dir, filepath.Join(filepath.Dir(out), "packet.json"), false)
		if err == nil && p.Promotability.GatingInputs.Channel != nil && *p.Promotability.GatingInputs.Channel != "spawn_clean" {
			t.Fatalf("a packet with what was not committed: %+v", p.Promotability)
		}
	}
	close(stop)
	flips.Wait()
	t.Logf("%d loaded, %d refused", loaded, refused)
}

// Load's documents are from the bytes that it verified: none is opened twice.
func TestNoSecondReading(t *testing.T) {
	dir := newRun("r1").write(t, filepath.Join(inMemory(t), "out"))
	b, err := bundle.Load(dir)
	must(t, err)
	for _, name := range append(b.Names(), bundle.IndexFile) {
		put(t, strings.Repeat("x", len(read(t, dir, name))), dir, name)
	}
	if b.RunID() != "r1" || b.Manifest.RunID != "r1" || b.Status.RunID != "r1" || b.Summary.RunID != "r1" {
		t.Errorf("%+v", b)
	}
	for _, name := range b.Names() {
		var bad *bundle.IntegrityError
		seen := 0
		err := b.Stream(name, func(r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			seen = int(n)
			return err
		})
		if !errors.As(err, &bad) || !bad.Has(bundle.DigestDiffers) || seen == 0 {
			t.Errorf("Stream(%s) = %v after %d bytes", name, err, seen)
		}
	}
}

// What use says of bytes that are not what was committed does not count, and
// what it says of those that are does.
func TestStream(t *testing.T) {
	dir := newRun("r1").write(t, filepath.Join(inMemory(t), "out"))
	b, err := bundle.Load(dir)
	must(t, err)
	early := func(r io.Reader) error { _, _ = r.Read(make([]byte, 3)); return errors.New("mine") }
	var bad *bundle.IntegrityError
	if err := b.Stream(victim, early); !errors.As(err, &bad) || !bad.Has(bundle.BadDocument) || !strings.HasSuffix(err.Error(), ": mine") {
		t.Errorf("Stream = %v", err)
	}
	if err := b.Stream("../"+victim, early); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stream = %v", err)
	}
	replaceIn(t, "of", "fo", dir, victim)
	if err := b.Stream(victim, early); !errors.As(err, &bad) || !bad.Has(bundle.DigestDiffers) {
		t.Errorf("Stream = %v, want an *IntegrityError", err)
	}
}

// asNobody runs f without the rights of root: the kernel takes them from a
// thread whose file system user is another.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f()
		return
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its rights
		const nobody = 65534
		_, err := unix.SetfsgidRetGid(nobody)
		if err == nil {
			_, err = unix.SetfsuidRetUid(nobody)
		}
		if err == nil {
			f()
		}
		done <- err
	}()
	must(t, <-done)
}

// What may not be read could not be checked: it is neither bad nor good.
func TestPermissionDenied(t *testing.T) {
	for _, name := range []string{victim, bundle.IndexFile, bundle.StatusFile, bundle.ManifestFile, "", "..", "../" + bundle.LatestFile, "sub"} {
		t.Run(strings.ReplaceAll("run_"+name, "/", "_"), func(t *testing.T) {
			top := inMemory(t)
			must(t, os.Chmod(top, 0o755))
			out := filepath.Join(top, "out")
			dir := newRun("r1").write(t, out)
			target := dir
			if strings.HasPrefix(name, "..") {
				target = out
			}
			path := filepath.Join(dir, name)
			if name == "sub" {
				must(t, os.Mkdir(path, 0o755))
			}
			must(t, os.Chmod(path, 0))
			t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
			packets := filepath.Join(top, "packets")
			must(t, os.Mkdir(packets, 0o777))
			must(t, os.Chmod(packets, 0o777))
			asNobody(t, func() {
				for reader, read := range map[string]func() error{
					"Load":     func() error { _, err := bundle.Load(target); return err },
					"Validate": func() error { _, err := bundle.Validate(target); return err },
					"Deep":     func() error { _, err := bundle.ValidateDeep(target); return err },
					"Strict":   func() error { _, err := bundle.Reindex(target, false); return err },
					"Emit":     func() error { _, err := bundle.Emit(target, filepath.Join(packets, "p.json"), false); return err },
				} {
					err := read()
					var bad *bundle.IntegrityError
					if !errors.Is(err, fs.ErrPermission) || errors.As(err, &bad) {
						t.Errorf("%s = %v, want that it could not be checked", reader, err)
					}
				}
			})
		})
	}
}

// An index of as many entries as fit, none of them there, costs what it costs
// to look for each once.
func TestIndexAtItsLimit(t *testing.T) {
	dir := newRun("r1").write(t, filepath.Join(inMemory(t), "out"))
	index := read(t, dir, bundle.IndexFile)
	var more strings.Builder
	for i := 0; more.Len() < 1<<20; i++ { // of 16 MiB, for the time it takes
		fmt.Fprintf(&more, "{\"path\":\"r1/%d\",\"file_size\":1,\"sha256\":\"%064d\"},", i, i)
	}
	put(t, strings.Replace(index, `"artifacts": [`, `"artifacts": [`+more.String(), 1), dir, bundle.IndexFile)
	v, err := bundle.Validate(dir)
	if err != nil || v.OK() || len(v.Findings) < 9_000 {
		t.Errorf("Validate = %v, %d findings", err, len(v.Findings))
	}
	// One byte more than is read at all.
	put(t, index+strings.Repeat(" ", 16<<20+1-len(index)), dir, bundle.IndexFile)
	if v, err := bundle.Validate(dir); err != nil || codes(v.Findings)[0] != bundle.BadIndex {
		t.Errorf("Validate = %+v, %v", v, err)
	}
	put(t, index+strings.Repeat(" ", 16<<20-len(index)), dir, bundle.IndexFile)
	if _, err := bundle.Load(dir); err != nil {
		t.Errorf("Load = %v", err)
	}
}

// What a document says against the others is told as often as a person reads.
func TestDisagreementsAreBounded(t *testing.T) {
	r := newRun("r1")
	r.summary.OutcomeCounts = map[string]map[string]int{"scenario": {"allowed": 500}, "baseline": {"allowed": 500}}
	dir := r.write(t, filepath.Join(inMemory(t), "out"))
	edit(t, dir, artifact.RuntimeEventsFile, func(list *[]artifact.Event) {
		for i := range *list {
			(*list)[i].Target = "/elsewhere"
		}
	})
	v, err := bundle.ValidateDeep(dir)
	must(t, err)
	said := 0
	for _, f := range v.Findings {
		if f.Name == artifact.RuntimeEventsFile && f.Code == bundle.Disagrees {
			said++
		}
	}
	if last := v.Findings[said-1]; said != 21 || last.Message != "and 480 more" {
		t.Errorf("%d findings, the last: %s", said, last)
	}
}
