//go:build !linux

package channel

import "os"

func executable() (string, error) { return os.Executable() }
