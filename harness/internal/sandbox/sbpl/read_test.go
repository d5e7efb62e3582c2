package sbpl_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	op "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

type form = sbpl.Form

func at(line, column int) sbpl.Position { return sbpl.Position{Line: line, Column: column} }

func TestRead(t *testing.T) {
	const text = "(version 1) ; what it is\n" +
		"#| one\n   #| two |# |#(deny default)\r\n" +
		"(allow file-read*\n\t(regex #\"\\.p\\\"l$\" \"a\\\\b\\\"\\n\\x41\\101é\"))\n" +
		"'(#t -2.5 #o644 #\\a . ,@x)"
	got, faults := sbpl.Read(text)
	if faults != nil {
		t.Fatal(faults)
	}
	want := []form{
		{at(1, 1), sbpl.List, "", []form{
			{at(1, 2), sbpl.Symbol, "version", nil}, {at(1, 10), sbpl.Number, "1", nil},
		}},
		{at(3, 16), sbpl.List, "", []form{
			{at(3, 17), sbpl.Symbol, "deny", nil}, {at(3, 22), sbpl.Symbol, "default", nil},
		}},
		{at(4, 1), sbpl.List, "", []form{
			{at(4, 2), sbpl.Symbol, "allow", nil}, {at(4, 8), sbpl.Symbol, "file-read*", nil},
			{at(5, 2), sbpl.List, "", []form{
				{at(5, 3), sbpl.Symbol, "regex", nil}, {at(5, 9), sbpl.Regex, `\.p\"l$`, nil},
				{at(5, 20), sbpl.String, "a\\b\"\nAAé", nil},
			}},
		}},
		{at(6, 1), sbpl.Quote, "'", []form{{at(6, 2), sbpl.List, "", []form{
			{at(6, 3), sbpl.Boolean, "#t", nil}, {at(6, 6), sbpl.Number, "-2.5", nil},
			{at(6, 11), sbpl.Number, "#o644", nil}, {at(6, 17), sbpl.Character, "a", nil},
			{at(6, 21), sbpl.Symbol, ".", nil},
			{at(6, 23), sbpl.Quote, ",@", []form{{at(6, 25), sbpl.Symbol, "x", nil}}},
		}}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got[2].Head() != "allow" || got[3].Head() != "" {
		t.Errorf("heads %q and %q, want allow and none", got[2].Head(), got[3].Head())
	}
}

func TestAtoms(t *testing.T) {
	for text, want := range map[string]struct {
		kind sbpl.Kind
		text string
	}{
		"x":             {sbpl.Symbol, "x"},
		"AF_SYSTEM":     {sbpl.Symbol, "AF_SYSTEM"},
		"%entitlement?": {sbpl.Symbol, "%entitlement?"},
		"-":             {sbpl.Symbol, "-"},
		"1+":            {sbpl.Symbol, "1+"},
		"...":           {sbpl.Symbol, "..."},
		"10.0.0.1":      {sbpl.Symbol, "10.0.0.1"},
		"1e":            {sbpl.Symbol, "1e"},
		"x'y":           {sbpl.Symbol, "x'y"},
		"0":             {sbpl.Number, "0"},
		"+1":            {sbpl.Number, "+1"},
		".5":            {sbpl.Number, ".5"},
		"1E-9":          {sbpl.Number, "1E-9"},
		"#xFf":          {sbpl.Number, "#xFf"},
		"#b-101":        {sbpl.Number, "#b-101"},
		"#f":            {sbpl.Boolean, "#f"},
		`#\(`:           {sbpl.Character, "("},
		`#\space`:       {sbpl.Character, "space"},
		`""`:            {sbpl.String, ""},
		`"\.\/\z"`:      {sbpl.String, "./z"},
		`"\0011\377"`:   {sbpl.String, "\x011\xff"},
		"\"a\nb\"":      {sbpl.String, "a\nb"},
		`#""`:           {sbpl.Regex, ""},
		`#"a\\"`:        {sbpl.Regex, `a\\`},
	} {
		forms, faults := sbpl.Read(text)
		if faults != nil || len(forms) != 1 || forms[0].Kind != want.kind || forms[0].Text != want.text {
			t.Errorf("Read(%s) = %+v, %v, want %+v", text, forms, faults, want)
		}
	}
	for text, want := range map[string]int64{"7": 7, "-7": -7, "#o644": 0o644, "#x-1f": -31} {
		forms, _ := sbpl.Read(text)
		if n, ok := forms[0].Int(); !ok || n != want {
			t.Errorf("Int of %s = %d, %t, want %d", text, n, ok, want)
		}
	}
	for _, text := range []string{"1.5", "x", `"1"`, "99999999999999999999"} {
		forms, _ := sbpl.Read(text)
		if n, ok := forms[0].Int(); ok {
			t.Errorf("Int of %s = %d, want none", text, n)
		}
	}
}

func TestBrief(t *testing.T) {
	for _, tt := range []struct {
		text string
		most int
		want string
	}{
		{"(allow  file-read*\n\t(literal \"/x\"))", 60, `(allow file-read* (literal "/x"))`},
		{"(allow file-read* signal)", 10, "(allow fil…"},
		{"(a (b (c (d))))", 4, "(a (…"},
		{"\"é\"", 2, `"é…`},
		{"#\"a\nb\"", 60, `#"a b"`},
		{"a\u200b", 60, "a?"},
	} {
		forms, faults := sbpl.Read(tt.text)
		if faults != nil {
			t.Fatal(faults)
		}
		if got := forms[0].Brief(tt.most); got != tt.want {
			t.Errorf("%q in %d bytes is %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}

func TestReadFaults(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", " ; x\n", nil},
		{"unclosed", "(a)\n(b (c)", []string{"2:1: this ( is never closed; add a )"}},
		{"unclosed before the margin", "(version 1)\n(allow x\n  (literal \"y\")\n(deny z)\n(deny w)\n", []string{
			"2:1: this ( is never closed; add a ), most likely before line 4",
		}},
		{"several unclosed", "(a\n (b", []string{"1:1: this ( is never closed; add a )", "2:2: this ( is never closed; add a )"}},
		{"stray", "(a))\n)", []string{
			"1:4: this ) closes nothing; remove it, or add the ( it belongs to",
			"2:1: this ) closes nothing; remove it, or add the ( it belongs to",
		}},
		{"string", "(a \"b)\n(c)\n", []string{`1:4: this string is never closed; add a "`}},
		{"string ending in an escape", `"a\`, []string{`1:1: this string is never closed; add a "`}},
		{"regex", `(a #"b\")`, []string{`1:4: this string is never closed; add a "`}},
		{"comment", "a #| b #| |#", []string{"1:3: this comment is never closed; add |#"}},
		{"quote", "(a ')\n,", []string{"1:4: nothing stands behind this '; remove it", "2:1: nothing stands behind this ,; remove it"}},
		{"escapes", `"\xg1" "\400" "\x00" "\0"`, []string{
			`1:2: \x needs two hexadecimal digits, such as \x41; add them`,
			`1:9: \400 is larger than a byte, which is \377 at most; write the character itself`,
			"1:16: a string cannot hold NUL; remove it", "1:23: a string cannot hold NUL; remove it",
		}},
		{"hash", `#true #( ) #o8 #\ `, []string{
			`1:1: #true is no form of a profile; there are #t, #f, #"…", #\a and numbers such as #o644`,
			`1:7: # is no form of a profile; there are #t, #f, #"…", #\a and numbers such as #o644`,
			`1:12: #o8 is no form of a profile; there are #t, #f, #"…", #\a and numbers such as #o644`,
			`1:16: no character behind #\; write a space as #\space`,
		}},
		{"bytes", "(é\xff\xfe)\n\xff\n\x00", []string{
			"1:3: byte 0xff is not UTF-8; save the file as UTF-8",
			"2:1: byte 0xff is not UTF-8; save the file as UTF-8",
			"3:1: a NUL byte; remove it",
		}},
		{"byte order mark", "\ufeff(version 1)", []string{"1:1: starts with a byte order mark; save it as UTF-8 without one"}},
		{"too deep", strings.Repeat("(", sbpl.MaxDepth) + "\n(", []string{"2:1: nested deeper than 100; flatten it"}},
		{"quotes too deep", strings.Repeat("'", sbpl.MaxDepth+1), []string{"1:101: nested deeper than 100; flatten it"}},
		{"too large", strings.Repeat(" ", sbpl.MaxSize+1), []string{"1:1: larger than 1048576 bytes; split it and import the parts"}},
		{"all at once", "(a \"\\400\"\n#x )) 'b\n(c", []string{
			`1:5: \400 is larger than a byte, which is \377 at most; write the character itself`,
			`2:1: #x is no form of a profile; there are #t, #f, #"…", #\a and numbers such as #o644`,
			"2:5: this ) closes nothing; remove it, or add the ( it belongs to",
			"3:1: this ( is never closed; add a )",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			forms, faults := sbpl.Read(tt.text)
			if forms != nil {
				t.Errorf("forms %v", forms)
			}
			var got []string
			for _, f := range faults {
				got = append(got, f.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFaultsEnd(t *testing.T) {
	_, faults := sbpl.Read(strings.Repeat(")\n", 1000))
	if len(faults) != 100 || faults[99].Line != 100 || !strings.HasPrefix(faults[99].Msg, "more faults") {
		t.Errorf("%d faults, the last %v; want 100, the last saying that there are more", len(faults), faults[len(faults)-1])
	}
}

// Nothing a text can hold costs more than some hundred bytes for each of its own.
func TestReadIsLinear(t *testing.T) {
	const size = 1 << 17
	for _, unit := range []string{"(", ")", "() ", "a ", "'a ", `"`, `"\n`, `"" `, `#"" `, "#|", "#| |#", ";", "\n", "\xff", "#", `#\`, "(\n", "1", "x"} {
		text := strings.Repeat(unit, size/len(unit))
		if unit == "x" { // one long word, and rules around it that name nothing
			text = strings.Repeat("(deny ", 99) + `"` + text[2*6*99:] + `"` + strings.Repeat(")", 99)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		forms, faults := sbpl.Read(text)
		sbpl.Check(forms, op.Known, op.Nearest)
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / size; n > 300 {
			t.Errorf("%q again and again: %d bytes for each byte, %d forms, %d faults", unit, n, len(forms), len(faults))
		}
	}
}

// shared finds a file or folder in a folder called shared beside the repository.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "shared", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			t.Skipf("no shared/%s above the test's folder", name)
		}
	}
}

func TestRealProfilesRead(t *testing.T) {
	texts := map[string]string{}
	data, err := os.ReadFile(shared(t, "sonoma-decisions.json"))
	if err != nil {
		t.Fatal(err)
	}
	var host struct{ Profiles map[string]string }
	if err := json.Unmarshal(data, &host); err != nil {
		t.Fatal(err)
	}
	for id, text := range host.Profiles {
		texts[id] = text
	}
	err = filepath.WalkDir(shared(t, "reference-bundles"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".sb" {
			return err
		}
		text, err := os.ReadFile(path)
		texts[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) < 30 {
		t.Errorf("only %d profiles were read", len(texts))
	}
	for id, text := range texts {
		forms, faults := sbpl.Read(text)
		faults = append(faults, sbpl.Check(forms, op.Known, op.Nearest)...)
		if faults != nil {
			t.Errorf("%s: %v", id, faults)
		}
		readAgain(t, forms)
	}
}

// readAgain checks that what is printed reads the same.
func readAgain(t *testing.T, forms []form) {
	t.Helper()
	text := sbpl.Print(forms)
	again, faults := sbpl.Read(text)
	if len(text) > sbpl.MaxSize {
		return
	}
	if !alike(forms, again) || faults != nil {
		t.Errorf("printed as %q, and read as %q: %v", text, sbpl.Print(again), faults)
	}
}

// alike compares forms but for where they stand. go-cmp would look at what is
// nested twice at every level.
func alike(a, b []form) bool {
	return slices.EqualFunc(a, b, func(a, b form) bool { return a.Kind == b.Kind && a.Text == b.Text && alike(a.Items, b.Items) })
}

// Any bytes give forms or faults in the text; forms that are printed and read
// again are the same.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"(version 1)\n(deny default)\n(allow file-read* (subpath \"/usr\") (regex #\"^/x\\.y$\"))",
		"(define (f . xs) `(a ,@xs , @b))", "#\\( #\\space '\"\\xff\"", "(let loop ((i 0)) (allow default))", "(a\n(b", ")", "\"", "#|", "\xff\x00",
		"(allow (with report) file-writ*)(import \"x.sb\")(version #o1)", strings.Repeat(",", sbpl.MaxDepth) + "x",
	} {
		f.Add(s)
	}
	for _, text := range profileTexts(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		forms, faults := sbpl.Read(text)
		if forms != nil && faults != nil {
			t.Fatalf("forms %v and faults %v", forms, faults)
		}
		within(t, text, faults)
		readAgain(t, forms)
		within(t, text, sbpl.Check(forms, op.Known, op.Nearest))
		var walk func([]form)
		walk = func(forms []form) {
			for _, f := range forms {
				within(t, text, []sbpl.Fault{{Position: f.Position, Code: "x", Msg: "x"}})
				walk(f.Items)
			}
		}
		walk(forms)
	})
}

// within checks that faults are fit to be shown and stand in the text.
func within(t *testing.T, text string, faults []sbpl.Fault) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for _, f := range faults {
		if f.Line < 1 || f.Line > len(lines) || f.Column < 1 || f.Column > utf8.RuneCountInString(lines[f.Line-1])+1 {
			t.Errorf("fault %v is not in the text %q", f, text)
		}
		if f.Msg == "" || f.Code == "" || strings.ContainsAny(f.Msg, "\n\r") || !utf8.ValidString(f.Msg) {
			t.Errorf("fault %q", fmt.Sprint(f))
		}
	}
}

func BenchmarkRead(b *testing.B) {
	text := strings.Repeat("(allow file-read* (literal \"/private/tmp/foo\") (regex #\"^/x\\.y$\")) ; why\n", 1000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := sbpl.Read(text); faults != nil {
			b.Fatal(faults)
		}
	}
}

// profileTexts are the profiles that the model is examined with.
func profileTexts(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("../../oracle/sbpl/testdata/profiles/*.sb")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no profiles: %v", err)
	}
	var texts []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}
