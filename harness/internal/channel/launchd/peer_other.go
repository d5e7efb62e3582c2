//go:build unix && !linux && !darwin

package launchd

import "errors"

func peer(int) (pid, uid int, err error) { return 0, 0, errors.ErrUnsupported }
