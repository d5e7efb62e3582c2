package normalize

import (
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
)

// What a probe said on stderr of a path.
const (
	pathPresent     = "present"
	pathError       = "error"
	pathUnavailable = "unavailable"
	pathMissing     = "missing"
)

// saidPath is one path that a probe reported, or why it did not.
type saidPath struct {
	text    *string
	errno   *int
	outcome string
}

// stderrPaths is what a probe reported of the descriptor it opened.
type stderrPaths struct {
	path, noFirmlink saidPath
	identity         *artifact.FDIdentity
}

var pathKeys = func() map[string]bool {
	keys := map[string]bool{}
	for _, key := range strings.Fields(`
		F_GETPATH F_GETPATH_ERROR F_GETPATH_UNAVAILABLE
		F_GETPATH_NOFIRMLINK F_GETPATH_NOFIRMLINK_ERROR F_GETPATH_NOFIRMLINK_UNAVAILABLE
		FD_IDENTITY FSTAT_ST_DEV FSTAT_ST_INO FSTAT_ERROR
		FSTATFS_FSTYPENAME FSTATFS_MNTONNAME FSTATFS_FSID0 FSTATFS_FSID1 FSTATFS_ERROR`) {
		keys[key] = true
	}
	return keys
}()

// probePaths is what the event's probe reported: nothing where tools do not speak
// on standard error.
func (s *Set) probePaths(e *artifact.Event) stderrPaths {
	if !contract.ToolsOnStderr(s.system, e.RunnerInfo) {
		return readPaths("")
	}
	return readPaths(value(e.Stderr))
}

// readPaths reads the lines NAME:VALUE that probes print after a successful
// open. The first line of a name counts.
func readPaths(stderr string) stderrPaths {
	said := map[string]string{}
	for line := range strings.SplitSeq(stderr, "\n") {
		key, text, _ := strings.Cut(strings.TrimSuffix(line, "\r"), ":")
		if !pathKeys[key] {
			continue
		}
		if _, earlier := said[key]; !earlier {
			said[key] = strings.TrimSpace(text)
		}
	}
	return stderrPaths{
		path:       readPath(said, "F_GETPATH"),
		noFirmlink: readPath(said, "F_GETPATH_NOFIRMLINK"),
		identity:   readIdentity(said),
	}
}

func readPath(said map[string]string, key string) saidPath {
	if text := said[key]; text != "" {
		return saidPath{&text, nil, pathPresent}
	}
	if _, failed := said[key+"_ERROR"]; failed {
		return saidPath{nil, number[int](said, key+"_ERROR"), pathError}
	}
	if _, none := said[key+"_UNAVAILABLE"]; none {
		return saidPath{nil, nil, pathUnavailable}
	}
	return saidPath{nil, nil, pathMissing}
}

func readIdentity(said map[string]string) *artifact.FDIdentity {
	enabled, ok := said["FD_IDENTITY"]
	if !ok {
		return nil
	}
	id := &artifact.FDIdentity{
		Enabled:       enabled == "1",
		EnabledSource: "probe_fd_identity:present",
		Dev:           number[int64](said, "FSTAT_ST_DEV"),
		Ino:           inode(said["FSTAT_ST_INO"]),
		FstatErrno:    number[int](said, "FSTAT_ERROR"),
		FSTypeName:    orNil(said["FSTATFS_FSTYPENAME"]),
		MountOnName:   orNil(said["FSTATFS_MNTONNAME"]),
		FstatfsErrno:  number[int](said, "FSTATFS_ERROR"),
	}
	if a, b := number[int64](said, "FSTATFS_FSID0"), number[int64](said, "FSTATFS_FSID1"); a != nil && b != nil {
		id.FSID = []int64{*a, *b}
	}
	return id
}

func inode(text string) *uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

func number[T int | int64](said map[string]string, key string) *T {
	n, err := strconv.ParseInt(said[key], 10, 64)
	if err != nil || int64(T(n)) != n {
		return nil
	}
	return new(T(n))
}
