package bundle

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// plan lists the out folder and decides what goes.
func (o *outFolder) plan(opts CollectOptions, now time.Time, locked bool) (*Collection, error) {
	list, found, err := o.listRuns(locked)
	if err != nil {
		return nil, err
	}
	if len(list.Findings) > 0 {
		return nil, fmt.Errorf("nothing is removed before that is mended: %w", &IntegrityError{o.dir, list.Findings})
	}
	c := &Collection{Out: o.dir, Keep: opts.Keep, Leftovers: o.leftovers(found, now), Others: list.Others}
	c.Runs, c.Kept = planCollection(list.Runs, opts.Keep)
	for _, r := range c.Runs {
		c.Bytes += r.Bytes
	}
	for _, l := range c.Leftovers {
		c.Bytes += l.Bytes
	}
	return c, nil
}

// packetTemp are the temporary files of packets; see emit.
var packetTemp = regexp.MustCompile(`^\..+\.[A-Z2-7]{26}\.tmp$`)

// packetTime is longer than anybody writes a packet, for which there is no lock.
const packetTime = time.Hour

// leftovers are the things that nobody will come back for.
func (o *outFolder) leftovers(found *sorted, now time.Time) []Leftover {
	list := []Leftover{}
	for _, name := range slices.Sorted(slices.Values(found.kinds[OtherRemoved])) {
		if r := o.readRemoved(name); r != nil {
			list = append(list, Leftover{Name: name, Kind: OtherRemoved, Bytes: r.bytes, info: r.info})
		}
	}
	for _, name := range slices.Sorted(slices.Values(found.kinds[OtherTemporary])) {
		info, err := o.root.Lstat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		// LATEST is written under the lock only.
		if name == filepath.Base(tempName(LatestFile)) || packetTemp.MatchString(name) && now.Sub(info.ModTime()) > packetTime {
			list = append(list, Leftover{Name: name, Kind: OtherTemporary, Bytes: info.Size(), info: info})
		}
	}
	return list
}

// readRemoved reads what is left of a run that was to be removed; nil when it is
// not certainly that.
func (o *outFolder) readRemoved(name string) *runReading {
	id, _ := removedID(name)
	r := &runReading{id: id}
	f, info, err := o.enter(name)
	if err != nil {
		return nil
	}
	defer f.close()
	r.info = info
	r.readDocuments(f)
	r.measure(f)
	if r.status != nil && r.status.RunID == id || r.lasting == "" && len(r.sizes) == 0 {
		return r
	}
	return nil
}

// planCollection decides about every run of a list, which is sorted newest
// first. What speaks for a run keeps it, and the first word is the reason given.
func planCollection(list []RunListing, keep int) (remove []CollectedRun, kept []KeptRun) {
	remove, kept = []CollectedRun{}, []KeptRun{}
	counted := 0
	oldest := canon.Float(0) // of the counted runs
	for i := range list {
		if r := &list[i]; countable(r) && counted < keep {
			counted++
			oldest = r.UpdatedAt
		}
	}
	left := keep
	for _, r := range list {
		why := spared(&r)
		if countable(&r) && left > 0 {
			left--
			if why == "" {
				why = fmt.Sprintf("one of the %d newest committed runs", keep)
			}
		}
		switch {
		case why != "":
		case counted == 0:
			why = "there is no committed run that is newer"
		case !countable(&r) && r.UpdatedAt >= oldest:
			why = "not older than the oldest committed run that is counted"
		}
		if why != "" {
			kept = append(kept, KeptRun{r, why})
			continue
		}
		remove = append(remove, CollectedRun{RunListing: r})
	}
	return remove, kept
}

// countable reports whether a run is one of those that --keep counts: evidence
// that may be relied on, so no repaired one.
func countable(r *RunListing) bool {
	return r.Standing == StandingCommitted && !r.Repaired && r.UpdatedAt > 0
}

// spared is why a run is kept however old it is; empty when nothing says so.
func spared(r *RunListing) string {
	switch {
	case r.Latest:
		return LatestFile + " names it"
	case len(r.Packets) > 0:
		return strings.Join(r.Packets, ", ") + " points to it"
	case r.lasting != "":
		return "not certainly a run of ours: " + r.lasting
	case r.Standing == StandingRunning:
		return r.Detail
	case r.Standing == StandingDamaged:
		return "damaged, somebody should look at it: " + r.Detail
	case r.UpdatedAt == 0:
		return "nothing says how old it is"
	}
	return ""
}
