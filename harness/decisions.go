package harness

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// DecisionRow is what bundles hold about one operation under policies: the
// scenario lane.
type DecisionRow struct {
	Operation string `json:"operation"`
	Syscall   string `json:"syscall,omitempty"` // empty: all its system calls together

	Allow     int `json:"allow"`
	Deny      int `json:"deny"`
	Undecided int `json:"undecided"` // attempted, and no decision
	Blocked   int `json:"blocked"`   // not attempted
	Matches   int `json:"matches"`   // decided as expected

	Errnos    map[string]int `json:"errnos"`    // of denials, by name
	Witnessed int            `json:"witnessed"` // denials for this operation's own right, by the kernel's record
	Blockers  map[string]int `json:"blockers"`  // what the kernel's first records name, decided or not
}

// Decisions tells for each operation what the verified bundles hold about it,
// sorted by operation and, with bySyscall, by system call. An event in more
// than one of them counts in each.
func Decisions(bySyscall bool, bundles ...*RunBundle) ([]DecisionRow, error) {
	rows := make(map[[2]string]*DecisionRow)
	for _, b := range bundles {
		err := b.Stream(artifact.RuntimeEventsFile, func(r io.Reader) error {
			return artifact.ReadEvents(r, func(e *artifact.Event) error {
				if err := tally(rows, e, bySyscall); err != nil {
					return fmt.Errorf("event %.140q: %w", e.ScenarioID, err)
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
	}
	list := make([]DecisionRow, 0, len(rows))
	for _, r := range rows {
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b DecisionRow) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Syscall, b.Syscall))
	})
	return list, nil
}

func tally(rows map[[2]string]*DecisionRow, e *artifact.Event, bySyscall bool) error {
	// Other producers' details have other keys, and then no system call.
	details, err := e.Details()
	if err != nil {
		return err
	}
	key := [2]string{e.Operation}
	if bySyscall && details != nil {
		key[1] = details.Syscall
	}
	if err := checkNames(e, details); err != nil {
		return err
	}
	r := rows[key]
	if r == nil {
		r = &DecisionRow{Operation: key[0], Syscall: key[1], Errnos: map[string]int{}, Blockers: map[string]int{}}
		rows[key] = r
	}
	switch {
	case e.Actual == nil && e.RuntimeStatus == "blocked":
		r.Blocked++
	case e.Actual == nil:
		r.Undecided++
	case *e.Actual == string(Allow):
		r.Allow++
	case *e.Actual != string(Deny):
		return fmt.Errorf("decision %q is neither %q nor %q", *e.Actual, Allow, Deny)
	default:
		r.Deny++
		if e.ErrnoName != nil {
			r.Errnos[*e.ErrnoName]++
		} else if e.Errno != nil {
			r.Errnos[fmt.Sprintf("errno %d", *e.Errno)]++
		}
		if e.IntendedOpWitnessed != nil && *e.IntendedOpWitnessed {
			r.Witnessed++
		}
	}
	if e.Match != nil && *e.Match {
		r.Matches++
	}
	if details != nil && details.Witness != nil && len(details.Witness.Denials) > 0 {
		for _, right := range details.Witness.Denials[0].Blockers {
			r.Blockers[right]++
		}
	}
	return nil
}

// checkNames checks what becomes a key here and is shown to people.
func checkNames(e *artifact.Event, details *artifact.ProbeDetails) error {
	err := artifact.CheckID("operation", e.Operation)
	if e.ErrnoName != nil {
		err = cmp.Or(err, artifact.CheckID("errno_name", *e.ErrnoName))
	}
	if details == nil {
		return err
	}
	if details.Syscall != "" {
		err = cmp.Or(err, artifact.CheckID("syscall", details.Syscall))
	}
	if details.Witness != nil && len(details.Witness.Denials) > 0 {
		for _, right := range details.Witness.Denials[0].Blockers {
			err = cmp.Or(err, artifact.CheckID("blocker", right))
		}
	}
	return err
}

// UnobservedRights are the rights of Landlock, as its audit log names them, about
// which no row has a decision.
func UnobservedRights(rows []DecisionRow) []string {
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.Operation] = seen[r.Operation] || r.Allow+r.Deny > 0
	}
	var missing []string
	rights := slices.Concat(
		landlock.AllFS(landlock.LatestABI).AuditNames(),
		landlock.AllNet(landlock.LatestABI).AuditNames(),
		landlock.AllScopes(landlock.LatestABI).AuditNames(),
	)
	for _, right := range rights {
		if !seen[right] {
			missing = append(missing, right)
		}
	}
	return missing
}
