package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// lockState is what can be seen of an out folder's lock without trying it, which
// would turn a writer away who comes at that moment.
type lockState struct {
	held  bool
	pid   int    // of the holder; 0 when it has not said so
	blind string // why nothing was seen; empty when something was
}

// peekLock looks at the lock and changes nothing.
func (o *outFolder) peekLock() lockState {
	f, err := o.open(LockFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return lockState{blind: "there is no " + LockFile + ", which its writer would hold"}
	case err != nil:
		return lockState{blind: fmt.Sprintf("%s: %v", LockFile, err)}
	}
	defer f.Close()
	held, taker, err := lockHeld(f)
	if err != nil {
		return lockState{blind: fmt.Sprintf("whether somebody holds %s cannot be seen: %v", LockFile, err)}
	}
	if !held {
		return lockState{}
	}
	pid := signedPID(f)
	// Who has the lock and is not in the file has not come to write it yet.
	if pid == 0 || taker != 0 && taker != pid {
		return lockState{held: true, blind: "somebody holds " + LockFile + " and has not said who"}
	}
	return lockState{held: true, pid: pid}
}

func signedPID(f *os.File) int {
	text, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return 0
	}
	return parsePID(text)
}
