package harness

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/rtgen/rtgen/harness/bundle"
)

// binary is the running program: the worker is the same file.
type binary struct {
	path, sha256 string
	toolchain    bundle.Toolchain
}

// Version is the version of this build, "devel" for one that has none.
func Version() string { return thisBinary().toolchain.Version }

// thisBinary is read once per process. A program that cannot read itself has no
// digest, and says so by an empty one.
var thisBinary = sync.OnceValue(func() binary {
	b := binary{toolchain: bundle.Toolchain{Version: "devel", Go: runtime.Version()}}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		b.toolchain.Version = info.Main.Version
	}
	path, err := os.Executable()
	if err != nil {
		return b
	}
	b.path = path
	f, err := os.Open(path)
	if err != nil {
		return b
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return b
	}
	b.sha256 = hex.EncodeToString(h.Sum(nil))
	b.toolchain.BinarySHA256 = b.sha256
	return b
})
