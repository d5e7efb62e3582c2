package nearest

import "testing"

func TestWord(t *testing.T) {
	known := []string{"fs.read_file", "fs.write_file", "net.connect_tcp"}
	for text, want := range map[string]string{
		"fs.read_flie": "fs.read_file",
		"FS.Read_File": "fs.read_file",
		"net.conect":   "",
		"fs.rite_file": "fs.write_file",
		"mach-lookup":  "",
		"":             "",
	} {
		if got := Word(text, known); got != want {
			t.Errorf("Word(%q) = %q, want %q", text, got, want)
		}
	}
	if got := Word("x", []string{"y"}); got != "y" {
		t.Errorf(`Word("x", y) = %q, want "y": one edit is always near`, got)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 9, 0}, {"", "abc", 9, 3}, {"abc", "", 9, 3}, {"abc", "abc", 9, 0},
		{"kitten", "sitting", 9, 3}, {"flaw", "lawn", 9, 2}, {"ab", "ba", 9, 2},
		{"kitten", "sitting", 2, 2}, {"a", "abcdef", 3, 3},
	} {
		if got := distance(tt.a, tt.b, tt.limit); got != tt.want {
			t.Errorf("distance(%q, %q, %d) = %d, want %d", tt.a, tt.b, tt.limit, got, tt.want)
		}
	}
}
