package artifact_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Whatever a reader accepts, writing it and reading that again changes nothing
// more: what was understood is what is written.
func FuzzReaders(f *testing.F) {
	dir, err := repository()
	if err != nil {
		f.Fatal(err)
	}
	for i, c := range codecs {
		for _, doc := range testdata(f, c.file) {
			f.Add(byte(i), doc)
		}
		for _, glob := range []string{
			filepath.Join("..", "testdata", "older", "*"+c.file), filepath.Join("..", "testdata", "older", "*", c.file),
			filepath.Join(dir, "..", "shared", "reference-bundles", "*", "*"+c.file),
			filepath.Join(dir, "..", "shared", "reference-bundles", "*", "*", c.file),
		} {
			files, err := filepath.Glob(glob)
			if err != nil {
				f.Fatal(err)
			}
			for _, file := range files {
				if doc, err := os.ReadFile(file); err == nil {
					f.Add(byte(i), doc)
				}
			}
		}
		f.Add(byte(i), []byte(`{}`))
		f.Add(byte(i), []byte(`null`))
		f.Add(byte(i), []byte("{\"counts\": {\"a\": 1, \"a\": 2}, \"results\": [null]}\n"))
	}
	f.Fuzz(func(t *testing.T, which byte, doc []byte) {
		c := codecs[int(which)%len(codecs)]
		once, err := c.redo(doc)
		if err != nil {
			return
		}
		twice, err := c.redo(once)
		if err != nil {
			t.Fatalf("%s: what was written is refused: %v\n%s", c.file, err, once)
		}
		if !bytes.Equal(once, twice) {
			t.Errorf("%s: not stable\nonce  %s\ntwice %s", c.file, once, twice)
		}
	})
}
