package evidence_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// meetings is what every meeting of lanes, log and errno comes to under a policy of
// Landlock's, for an operation on a file. Columns are the scenario's outcome,
// its errno, the baseline's outcome, the kernel's log (own: a record of the right
// under test; other: of another right), and whose process was confined before
// the policy; then the effective decision, the attribution and what it rests on,
// the classification and the attribution of the confounder. A star is anything,
// a bar is or, and a dash nothing.
const meetings = `
denied    *           allowed   own      *             deny     process_policy   kernel_witness          sandbox_or_mac    landlock
denied    *           allowed   -|silent no|both|base  deny     process_policy   inferred_from_baseline  sandbox_or_mac    landlock
denied    *           allowed   -|silent scenario      deny     unknown          -                       sandbox_or_mac    sandbox_or_mac
denied    *           denied    *        base|both     deny     platform_policy  inferred_from_baseline  sandbox_or_mac    sandbox_or_mac
denied    EACCES      denied    *        no|scenario   deny     platform_policy  inferred_from_baseline  unix_permissions  unix_acl
denied    EPERM       denied    *        no|scenario   deny     platform_policy  inferred_from_baseline  unix_permissions  unknown
denied    EXDEV       denied    *        no|scenario   deny     platform_policy  inferred_from_baseline  other_errno       unknown
denied    *           undecided own      *             deny     unknown          -                       sandbox_or_mac    landlock
denied    EACCES      undecided -|silent *             deny     unknown          -                       unknown           unknown
denied    EPERM       undecided -|silent *             deny     unknown          -                       sandbox_or_mac    sandbox_or_mac
denied    EXDEV       undecided -|silent *             deny     unknown          -                       other_errno       unknown
denied    *           -         own      *             deny     process_policy   kernel_witness          sandbox_or_mac    landlock
denied    EACCES      -         -|silent *             deny     unknown          -                       unknown           unknown
denied    EPERM       -         -|silent *             deny     unknown          -                       sandbox_or_mac    sandbox_or_mac
denied    EXDEV       -         -|silent *             deny     unknown          -                       other_errno       unknown
undecided ENOENT      *         -|silent *             unknown  unknown          -                       other_errno       unknown
undecided EACCES|EPERM denied   *        base|both     unknown  unknown          -                       sandbox_or_mac    sandbox_or_mac
undecided EACCES      denied    *        no|scenario   unknown  unknown          -                       unix_permissions  unix_acl
undecided EPERM       denied    *        no|scenario   unknown  unknown          -                       unix_permissions  unknown
undecided EACCES|EPERM allowed|undecided|- other    *  unknown  unknown          -                       sandbox_or_mac    landlock
undecided EACCES|EPERM allowed|undecided|- -|silent *  unknown  unknown          -                       unknown           unknown
broken    ENOENT      *         *        *             unknown  unknown          -                       other_errno       unknown
broken    EACCES|EPERM *        *        *             unknown  unknown          -                       unknown           unknown
blocked   -           *         *        *             unknown  unknown          -                       -                 -
allowed   -           allowed   *        *             allow    allow            inferred_from_baseline  -                 -
allowed   -           denied    *        *             unknown  contradiction    inferred_from_baseline  -                 -
allowed   -           undecided|- *      *             allow    unknown          -                       -                 -
`

// meeting is one combination of what can be seen.
type meeting struct{ scenario, errno, baseline, log, confined string }

// eachMeeting calls f with every combination that can be.
func eachMeeting(f func(meeting)) {
	for scenario, can := range map[string]struct{ errnos, logs []string }{
		"denied":    {[]string{"EACCES", "EPERM", "EXDEV"}, []string{"-", "silent", "own"}},
		"undecided": {[]string{"ENOENT", "EACCES", "EPERM"}, []string{"-", "silent", "other"}},
		"broken":    {[]string{"ENOENT", "EACCES", "EPERM"}, []string{"-"}},
		"blocked":   {[]string{"-"}, []string{"-"}},
		"allowed":   {[]string{"-"}, []string{"-"}},
	} {
		for _, errno := range can.errnos {
			for _, log := range can.logs {
				if errno == "ENOENT" && log == "other" {
					continue // the log is of denials
				}
				for _, baseline := range []string{"allowed", "denied", "undecided", "-"} {
					for _, confined := range []string{"no", "base", "scenario", "both"} {
						if baseline != "-" || confined == "no" || confined == "scenario" {
							f(meeting{scenario, errno, baseline, log, confined})
						}
					}
				}
			}
		}
	}
}

func (m meeting) String() string {
	return strings.Join([]string{m.scenario, m.errno, m.baseline, m.log, m.confined}, " ")
}

// fits reports whether a row of the table is about the meeting.
func (m meeting) fits(row []string) bool {
	for i, value := range []string{m.scenario, m.errno, m.baseline, m.log, m.confined} {
		if row[i] != "*" && !slices.Contains(strings.Split(row[i], "|"), value) {
			return false
		}
	}
	return true
}

// observations are what the two lanes saw.
func (m meeting) observations(run evidence.Run) []evidence.Observation {
	outcomes := map[string]evidence.Outcome{"-": ""}
	for _, o := range []evidence.Outcome{evidence.Allowed, evidence.Denied, evidence.Undecided, evidence.Broken, evidence.Blocked} {
		outcomes[string(o)] = o
	}
	numbers := map[string]int{"-": 0, "EPERM": 1, "ENOENT": 2, "EACCES": 13, "EXDEV": 18}
	obs := lanePair(run, outcomes[m.scenario], outcomes[m.baseline], failed(13, "EACCES"))
	for i := range obs {
		o := &obs[i]
		lane := map[evidence.Lane]string{evidence.LaneScenario: "scenario", evidence.LaneBaseline: "base"}[o.Lane]
		o.Worker = &evidence.Worker{Sandboxed: m.confined == "both" || m.confined == lane}
		if o.Lane == evidence.LaneBaseline {
			continue
		}
		o.Errno, o.ErrnoName = numbers[m.errno], m.errno
		switch m.log {
		case "silent":
			silent(o)
		case "own":
			recorded(true, "fs.read_file")(o)
		case "other":
			recorded(false, "fs.execute")(o)
		}
	}
	return obs
}

// Every combination comes to what the first row of the table that fits says, and
// every row is of use.
func TestMeetings(t *testing.T) {
	var rows [][]string
	for line := range strings.Lines(meetings) {
		if fields := strings.Fields(line); len(fields) > 0 {
			rows = append(rows, fields)
		}
	}
	used := make([]bool, len(rows))
	run := testRun(readProbe("f", evidence.Deny))
	eachMeeting(func(m meeting) {
		i := slices.IndexFunc(rows, m.fits)
		if i < 0 {
			t.Errorf("%v: no row is about it", m)
			return
		}
		used[i] = true
		e, _ := oneEvent(t, run, m.observations(run))
		got := []string{e.PolicyLayers.EffectiveDecision, e.PolicyLayers.Attribution, cmp.Or(e.PolicyLayers.ProcessPolicy.Source, "-"), "-", "-"}
		if c := e.FileConfounder; c != nil {
			got[3], got[4] = c.Classification, c.Attribution
		}
		if !slices.Equal(got, rows[i][5:]) {
			t.Errorf("%v: %v, want %v", m, got, rows[i][5:])
		}
	})
	for i, row := range rows {
		if !used[i] {
			t.Errorf("nothing comes to the row %v", row)
		}
	}
}

// The operation under test was reached where the kernel was asked for it, and its
// own log names none before it.
func TestReached(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	yes, no := true, false
	for m, want := range map[meeting]*bool{
		{"allowed", "-", "-", "-", "no"}:            &yes,
		{"denied", "EACCES", "-", "-", "no"}:        &yes,
		{"denied", "EACCES", "-", "silent", "no"}:   &yes,
		{"denied", "EACCES", "-", "own", "no"}:      &yes,
		{"undecided", "ENOENT", "-", "-", "no"}:     &yes,
		{"undecided", "EACCES", "-", "other", "no"}: &no,
		{"broken", "EACCES", "-", "-", "no"}:        nil,
		{"blocked", "-", "-", "-", "no"}:            &no,
	} {
		e, _ := oneEvent(t, run, m.observations(run))
		if diff := gocmp.Diff(want, e.ReachedPrimaryOp); diff != "" {
			t.Errorf("%v: reached_primary_op (-want +got):\n%s", m, diff)
		}
		intent := &artifact.PrimaryIntent{Operation: "fs.read_file", Target: "${workspace}/f", ProfileID: "demo:rw", ProbeName: "f"}
		if diff := gocmp.Diff(intent, e.PrimaryIntent); diff != "" {
			t.Errorf("%v: primary_intent (-want +got):\n%s", m, diff)
		}
	}
	unknown := lanePair(run, evidence.Undecided, "", failed(13, "EACCES"))
	silent(&unknown[0])
	unknown[0].FailureKind = evidence.KindNotWitnessed
	if e, _ := oneEvent(t, run, unknown); e.ReachedPrimaryOp != nil {
		t.Errorf("reached_primary_op %v, and the whole log has no denial by the policy", *e.ReachedPrimaryOp)
	}
}
