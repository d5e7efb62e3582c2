package harness

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// writeRuntimeProfiles writes the texts of the policies, a file for each.
func writeRuntimeProfiles(dir string, c *Compiled) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for name, data := range runtimeProfiles(c) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// runtimeProfiles are the texts of a plan's policies as the engine is given them,
// by file name: <stem of the text's file>.<profile id>.runtime<extension>, and
// .runtime-<n> for the further texts of a policy that has several, in the order in
// which they are composed and stacked. Variables in them are expanded for each
// attempt anew. Those of macOS are the prepared copies, by their own names.
func runtimeProfiles(c *Compiled) map[string][]byte {
	files := map[string][]byte{}
	taken := map[string]bool{} // in lower case: some file systems make no difference
	for i := range c.Profiles {
		p := &c.Profiles[i]
		if p.Mode == ModeSBPL {
			for _, text := range preparedCopies(p) {
				files[text.Name] = []byte(text.Text)
				taken[strings.ToLower(text.Name)] = true
			}
			continue
		}
		texts := append([]CompiledText{{Path: p.Path, Text: p.Text}}, p.Compose...)
		for _, l := range p.Layers {
			texts = append(texts, l.Texts...)
		}
		for n, text := range texts {
			ext := path.Ext(text.Path)
			stem := strings.TrimSuffix(path.Base(text.Path), ext) + "." + p.ID
			kind := ".runtime"
			if n > 0 {
				kind += fmt.Sprintf("-%d", n)
			}
			name := safeName(stem, 160) + kind + safeName(ext, 16)
			for again := 2; taken[strings.ToLower(name)]; again++ {
				name = fmt.Sprintf("%s~%d%s%s", safeName(stem, 160), again, kind, safeName(ext, 16))
			}
			taken[strings.ToLower(name)] = true
			files[name] = []byte(text.Text)
			if n == 0 && p.Mode == ModeBlob {
				files[name] = p.Blob
			}
		}
	}
	return files
}

// safeName is text as a part of a file's name, at most so many bytes of it:
// letters, digits and what reads as no path on any system; all else is "_".
func safeName(text string, most int) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("._-", r):
			return r
		}
		return '_'
	}, text)
	return safe[:min(len(safe), most)]
}
