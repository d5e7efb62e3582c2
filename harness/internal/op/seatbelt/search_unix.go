//go:build darwin || seatbelt_fake

package seatbelt

import (
	"path"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// searchDetails is what file_probe tells of a search. Errno and RC are how the
// attempt went: a search that was not done in its time was allowed.
type searchDetails struct {
	probeDetails
	SearchRC    int    `json:"search_rc"`
	SearchErrno int    `json:"search_errno"`
	Matches     int    `json:"matches"`
	SearchName  string `json:"search_name"`
	// Volume is where the searched volume is mounted: its root is what the policy is
	// asked about, and not the path that led there (searchfs in
	// bsd/vfs/vfs_syscalls.c of XNU).
	Volume string `json:"volume,omitempty"`
}

// search looks on the volume of the target for something of the target's name.
func search(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	if err := readySearch(); err != nil {
		return unready(res, err)
	}
	name, volume := searchName(req.Target), mountOf(req.Target)
	return func(res *op.Result, _ Announce) {
		call, matches, errno := searchVolume(req.Target, name)
		res.Call = call
		searched(res, req.Target, searchDetails{SearchErrno: errno, Matches: matches, SearchName: name, Volume: volume})
	}, nil
}

// searched fills in how a search went.
func searched(res *op.Result, target string, d searchDetails) {
	if res.Errno = d.SearchErrno; res.Errno == int(unix.EAGAIN) {
		res.Errno = 0
	}
	d.probeDetails, d.SearchRC = newProbeDetails("search", target, res.Errno), rcOf(d.SearchErrno)
	detail(res, d)
}

// searchName is the last name of a path, or one that every volume root of macOS
// has a hope to hold for a path without one.
func searchName(target string) string {
	if name := path.Base(path.Clean(target)); name != "/" {
		return name
	}
	return "System"
}
