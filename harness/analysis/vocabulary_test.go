package analysis_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

func vocabulary(t testing.TB, worldID string) *analysis.Vocabulary {
	t.Helper()
	v, err := analysis.VocabularyOf(worldID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVocabularyOf(t *testing.T) {
	for _, tt := range []struct {
		world, operation string
		id               int // -1: the vocabulary does not have it
	}{
		{macWorld, "default", 0},
		{macWorld, "file-read*", 21},
		{macWorld, "mach-lookup", 96},
		{macWorld, "xpc-message-send", 195},
		{macWorld, "process-exec*", 120},
		{macWorld, "process-exec", 120}, // as a probe may call it
		{macWorld, "file-unlink", -1},
		{macWorld, "fs.read_file", -1},
		{macWorld, "", -1},
		{linuxWorld, "fs.execute", 0},
		{linuxWorld, "fs.ioctl_dev", 15},
		{linuxWorld, "net.connect_tcp", 65},
		{linuxWorld, "scope.signal", 129},
		{linuxWorld, "ptrace", 257},
		{linuxWorld, "file-read*", 2},
		{linuxWorld, "process-exec", 0},
		{linuxWorld, "mach-lookup", -1},
	} {
		v := vocabulary(t, tt.world)
		id, ok := v.ID(tt.operation)
		if ok != (tt.id >= 0) || ok && id != tt.id {
			t.Errorf("%s: ID(%q) = %d, %t, want %d", tt.world, tt.operation, id, ok, tt.id)
		}
		if err := v.Check(tt.operation); (err == nil) != ok {
			t.Errorf("%s: Check(%q) = %v, and ID says %t", tt.world, tt.operation, err, ok)
		}
		if entry := v.Entry(tt.operation); (entry != nil) != ok {
			t.Errorf("%s: Entry(%q) = %s, and ID says %t", tt.world, tt.operation, entry, ok)
		}
	}
	v := vocabulary(t, linuxWorld)
	if got, want := string(v.Entry("network-bind")), `{"name": "net.bind_tcp", "id": 64, "aliases": ["network-bind"]}`; got != want {
		t.Errorf("Entry(network-bind) = %s, want %s", got, want)
	}
	if v.File() != "registries/vocab/linux_ops.json" || len(v.SHA256()) != 64 {
		t.Errorf("File %q, SHA256 %q", v.File(), v.SHA256())
	}
	for _, world := range []string{"", "windows-11-amd64", "linux", "sonoma-14.4.1"} {
		if v, err := analysis.VocabularyOf(world); err == nil || !strings.Contains(err.Error(), "give a vocabulary file") {
			t.Errorf("VocabularyOf(%q) = %v, %v, want an error that says what to give", world, v, err)
		}
	}
	if v, err := analysis.SystemVocabulary("windows"); err == nil {
		t.Errorf("SystemVocabulary(windows) = %v", v)
	}
}

func TestCheckSaysWhatWasMeant(t *testing.T) {
	for _, tt := range []struct{ world, operation, want string }{
		{linuxWorld, "fs.read_flie", `unknown operation "fs.read_flie": not in registries/vocab/linux_ops.json, did you mean "fs.read_file"?`},
		{linuxWorld, "mach-lookup", `unknown operation "mach-lookup": not in registries/vocab/linux_ops.json`},
		{macWorld, "mach-lokup", `unknown operation "mach-lokup": not in registries/vocab/seatbelt_ops.json, did you mean "mach-lookup"?`},
		{macWorld, "file-write-umount", `operation "file-write-umount" is a name for profiles alone and not in registries/vocab/seatbelt_ops.json; the kernel calls it "file-unmount"`},
		{macWorld, "qtn-download", `unknown operation "qtn-download": not in registries/vocab/seatbelt_ops.json`},
	} {
		if err := vocabulary(t, tt.world).Check(tt.operation); err == nil || err.Error() != tt.want {
			t.Errorf("Check(%q)\n got %v\nwant %s", tt.operation, err, tt.want)
		}
	}
}

// Lint takes no operation that the vocabulary of its system does not have, and
// older spellings of macOS are operations for neither.
func TestVocabularyKnowsWhatLintTakes(t *testing.T) {
	v := vocabulary(t, linuxWorld)
	for _, o := range op.All() {
		for _, name := range append([]string{o.Name}, o.Aliases...) {
			if err := v.Check(name); err != nil {
				t.Error(err)
			}
		}
	}
	v = vocabulary(t, macWorld)
	unknown := func(f seatbelt.Fault) bool { return f.Code == seatbelt.CodeUnknownOperation }
	var refused int
	for _, name := range append(seatbelt.Names(), "file-raed*") {
		err := v.Check(name)
		for _, driver := range []string{"", seatbelt.CheckDriver} {
			if taken := !slices.ContainsFunc(seatbelt.Check(seatbelt.Attempt{Operation: name, Driver: driver}), unknown); taken && err != nil {
				t.Errorf("lint takes %q with driver %q: %v", name, driver, err)
			}
		}
		if kernel := seatbelt.KernelName(name); err != nil && kernel != name {
			refused++
			if !strings.HasSuffix(err.Error(), `the kernel calls it "`+kernel+`"`) {
				t.Errorf("%q does not name %q", err, kernel)
			}
		}
	}
	if refused == 0 {
		t.Error("no older spelling was refused")
	}
	for _, o := range seatbelt.All() {
		for _, name := range append([]string{o.Name}, o.Aliases...) {
			if err := v.Check(name); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestLoadVocabulary(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ops.json")
	load := func(doc string) (*analysis.Vocabulary, error) {
		if err := os.WriteFile(file, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
		return analysis.LoadVocabulary(file)
	}
	v, err := load(`{
		"metadata": {"status": "ok"}, "sources": [{"op_count": 2}],
		"ops": [{"id": 7, "name": "signal", "source": "there"}, {"id": 0, "name": "default"}]
	}`)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := v.ID("signal"); !ok || id != 7 {
		t.Errorf("ID(signal) = %d, %t, want 7", id, ok)
	}
	if got, want := string(v.Entry("signal")), `{"id": 7, "name": "signal", "source": "there"}`; got != want {
		t.Errorf("Entry(signal) = %s, want %s", got, want)
	}
	if v.File() != file {
		t.Errorf("File() = %q, want %q", v.File(), file)
	}
	for _, tt := range []struct{ name, doc, want string }{
		{"no ops", `{}`, `no ops; list operations with their ids`},
		{"empty", `{"ops": []}`, `no ops; list operations with their ids`},
		{"array", `[]`, `want an object, not "[]"`},
		{"entry that is none", `{"ops": [{"name": "a", "id": 0}, null]}`, `ops[1]: want an object, not "null"`},
		{"name twice", `{"ops": [{"name": "a", "id": 0}, {"name": "a", "id": 1}]}`, `ops[1]: "a" is also a name of "a"`},
		{"alias of another", `{"ops": [{"name": "a", "id": 0, "aliases": ["b"]}, {"name": "b", "id": 1}]}`, `ops[1]: "b" is also a name of "a"`},
		{"alias of itself", `{"ops": [{"name": "a", "id": 0, "aliases": ["a"]}]}`, `ops[0]: "a" is also a name of "a"`},
		{"id twice", `{"ops": [{"name": "a", "id": 3}, {"name": "b", "id": 3}]}`, `ops[1]: "b" has the id of "a", 3`},
		{"no id", `{"ops": [{"name": "a"}]}`, `ops[0]: "a" has no id`},
		{"null id", `{"ops": [{"name": "a", "id": null}]}`, `ops[0]: "a" has no id`},
		{"negative", `{"ops": [{"name": "a", "id": -1}]}`, `ops[0]: "a" has the id -1; ids start at 0`},
		{"fraction", `{"ops": [{"name": "a", "id": 1.5}]}`, `ops[0]: "a": id is number 1.5, want a whole number that fits`},
		{"text", `{"ops": [{"name": "a", "id": "1"}]}`, `ops[0]: "a": id is string, want a whole number that fits`},
		{"no name", `{"ops": [{"id": 1}]}`, `ops[0]: name is empty`},
		{"key twice", `{"ops": [{"name": "a", "id": 1, "id": 2}]}`, `"id"`},
		{"key in capitals", `{"Ops": [{"name": "a", "id": 1}]}`, `"Ops"`},
		{"newer major", `{"schema_version": "rtgen.vocabulary.v1.0", "ops": [{"name": "a", "id": 1}]}`, `this program reads v0 only, use a newer one`},
		{"cut off", `{"ops": [{"name": "a"`, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := load(tt.doc)
			if err == nil || !strings.HasPrefix(err.Error(), file+": ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("LoadVocabulary = %v, %v, want %q", v, err, tt.want)
			}
		})
	}
	if v, err := analysis.LoadVocabulary(filepath.Join(t.TempDir(), "none.json")); !os.IsNotExist(err) {
		t.Errorf("LoadVocabulary of no file = %v, %v", v, err)
	}
}
