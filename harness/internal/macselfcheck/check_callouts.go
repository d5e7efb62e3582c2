//go:build darwin || seatbelt_fake

package main

import (
	"fmt"
	"os"
	"strings"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// calloutChecks are of the group engine: what asking a policy is taken to give.
var calloutChecks = map[string]check{
	"callout-path":      func() (string, error) { return checkCalloutPath(false) },
	"callout-canonical": func() (string, error) { return checkCalloutPath(true) },
	"callout-none":      checkCalloutNone,
	"callout-filters":   func() (string, error) { return checkCalloutFilters(true) },
	"callout-doubtful":  func() (string, error) { return checkCalloutFilters(false) },
}

// asked is what sandbox_check gives for a question under a policy.
func asked(rules string, q seatbelt.Question) trial {
	q.Stage = seatbelt.StagePreSyscall
	return trial{rules: rules, attempt: attempt.Request{Operation: q.Operation, Target: q.Argument, Driver: attempt.CheckDriver}, ask: &q}
}

func (t trial) wants(decision string) trial {
	t.want = decision
	return t
}

func checkCalloutPath(canonical bool) (string, error) {
	dir, remove, err := folder(os.TempDir())
	if err != nil {
		return "", err
	}
	defer remove()
	withheld, granted := dir+"/withheld", dir+"/granted"
	rules := rule("(allow default)(deny file-read-data (literal %s))", withheld)
	question := func(path string) seatbelt.Question {
		return seatbelt.Question{Operation: "file-read-data", FilterType: 1, FilterName: "path", Argument: path, Canonical: canonical}
	}
	return trials(asked(rules, question(withheld)).wants(deny), asked(rules, question(granted)).wants(allow))
}

func checkCalloutNone() (string, error) {
	q := seatbelt.Question{Operation: "process-fork"}
	return trials(
		asked("(allow default)(deny process-fork)", q).wants(deny),
		asked(harmless, q).wants(allow),
	)
}

// filters are what the numbers of sandbox_check's filters are held against: under a
// rule that denies the operation for one text, the answers for two texts differ.
var filters = []struct{ name, operation, denied, allowed string }{
	{"global-name", "mach-lookup", "org.rtgen.a", "org.rtgen.b"},
	{"local-name", "mach-lookup", "org.rtgen.a", "org.rtgen.b"},
	{"appleevent-destination", "appleevent-send", "org.rtgen.a", "org.rtgen.b"},
	{"right-name", "authorization-right-obtain", "org.rtgen.a", "org.rtgen.b"},
	{"preference-domain", "user-preference-read", "org.rtgen.a", "org.rtgen.b"},
	{"kext-bundle-id", "system-kext-query", "org.rtgen.a", "org.rtgen.b"},
	{"info-type", "system-info", "net.link.addr", "net.other"},
	{"notification-name", "darwin-notification-post", "org.rtgen.a", "org.rtgen.b"},
	{"xpc-service-name", "mach-lookup", "org.rtgen.a", "org.rtgen.b"},
	{"iokit-connection", "iokit-open-user-client", "RtgenA", "RtgenB"},
	{"iokit-user-client-class", "iokit-open-user-client", "RtgenA", "RtgenB"},
	{"nvram-variable", "nvram-get", "rtgen-a", "rtgen-b"},
	{"sysctl-name", "sysctl-read", "kern.ostype", "kern.osrelease"},
	{"ipc-posix-name", "ipc-posix-shm-write-create", "/rtgen.a", "/rtgen.b"},
}

// checkCalloutFilters asks by the numbers that probes ask by, or by those that none
// does while this does not hold, and by all of them before it says which are wrong.
func checkCalloutFilters(proven bool) (string, error) {
	var right, wrong, unknown []string
	for _, f := range filters {
		id, _ := attempt.FilterID(f.name)
		if attempt.Proven(id) != proven {
			continue
		}
		rules := rule("(allow default)(deny "+f.operation+" ("+f.name+" %s))", f.denied)
		question := func(text string) seatbelt.Question {
			return seatbelt.Question{Operation: f.operation, FilterType: id, FilterName: f.name, Argument: text}
		}
		_, err := trials(asked(rules, question(f.denied)).wants(deny), asked(rules, question(f.allowed)).wants(allow))
		what := fmt.Sprintf("%d %s", id, f.name)
		switch o := outcomeOf("", err); o.Verdict {
		case holds:
			right = append(right, what)
		case fails:
			wrong = append(wrong, what+": "+o.Saw)
		default:
			unknown = append(unknown, what+": "+o.Saw)
		}
	}
	saw := strings.Join(append(append(wrong, unknown...), "right: "+strings.Join(right, ", ")), "; ")
	switch {
	case len(wrong) > 0:
		return "", fmt.Errorf("%s", saw)
	case len(unknown) > 0:
		return "", unchecked("%s", saw)
	}
	return saw, nil
}
