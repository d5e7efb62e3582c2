//go:build !linux && !darwin

package stage

import "errors"

func exchange(string, string) error { return errors.ErrUnsupported }

func syncAll(string) error { return nil }
