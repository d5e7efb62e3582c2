package inventory

import (
	"io"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/stage"
)

// WriteFile writes the inventory as JSON. The file is replaced as a whole or not
// at all; its folder must be there.
func (d *Document) WriteFile(file string) error {
	return stage.Replace(file, func(w io.Writer) error {
		data, err := canon.Marshal(d, canon.Indented)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
}
