package harness

import (
	"fmt"
	"net"
	"regexp"
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/world"
)

// A capability is something a probe needs of the host, as capabilities_required
// names it: "landlock.abi>=4", "loopback_listener", "uid==0", "uid!=0". What a
// host has is measured, never assumed.
type capability struct {
	name string
	// missing says why the host lacks it; empty when it has it.
	missing func(world.Facts) string
}

var abiCapability = regexp.MustCompile(`^landlock\.abi>=([1-9][0-9]?)$`)

// parseCapability reads one entry of capabilities_required.
func parseCapability(text string) (capability, error) {
	if m := abiCapability.FindStringSubmatch(text); m != nil {
		want, err := strconv.Atoi(m[1])
		if err != nil {
			return capability{}, err
		}
		return capability{text, func(f world.Facts) string {
			if f.LandlockABI >= want {
				return ""
			}
			return fmt.Sprintf("this kernel has landlock abi %d", f.LandlockABI)
		}}, nil
	}
	switch text {
	case "loopback_listener":
		return capability{text, func(world.Facts) string { return loopbackMissing() }}, nil
	case "uid==0":
		return capability{text, func(f world.Facts) string {
			if f.UID == 0 {
				return ""
			}
			return fmt.Sprintf("running as uid %d", f.UID)
		}}, nil
	case "uid!=0":
		return capability{text, func(f world.Facts) string {
			if f.UID != 0 {
				return ""
			}
			return "running as root"
		}}, nil
	}
	known := []string{"landlock.abi>=1", "landlock.abi>=2", "landlock.abi>=3", "landlock.abi>=4", "landlock.abi>=5", "landlock.abi>=6", "landlock.abi>=7", "loopback_listener", "uid==0", "uid!=0"}
	return capability{}, fmt.Errorf("unknown capability %q%s", text, didYouMean(text, known))
}

// loopbackMissing tries what a listener fixture does.
func loopbackMissing() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err.Error()
	}
	l.Close()
	return ""
}
