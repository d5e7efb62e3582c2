package inventory

import (
	"fmt"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// WriteFile writes the inventory as JSON. The file is replaced as a whole or not
// at all.
func (d *Document) WriteFile(file string) error {
	data, err := canon.Marshal(d, canon.Indented)
	if err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	// Beside the file: another file system could not be renamed from.
	err = renameio.WriteFile(file, data, 0o644, renameio.WithTempDir(filepath.Dir(file)), renameio.WithExistingPermissions())
	if err != nil {
		return fmt.Errorf("write inventory %s: %w", file, err)
	}
	return nil
}
