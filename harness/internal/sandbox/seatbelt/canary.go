package seatbelt

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// CanaryPolicy is a small policy under which the one file can be opened and the
// other cannot. Both are given by the paths that links do not lead away from; the
// links that every Mac has at its root are taken care of here.
func CanaryPolicy(granted, withheld string) *Policy {
	return &Policy{
		Path: "canary.sb",
		Text: "(version 1)\n(allow default)\n" +
			"(deny file-read* file-write*" + literals(withheld) + ")\n" +
			"(allow file-read*" + literals(granted) + ")\n",
	}
}

// literals are the filters for a path, in each of the spellings of the file that
// the kernel may reach.
func literals(path string) string {
	quoted := func(path string) string {
		return " (literal " + sbpl.Form{Kind: sbpl.String, Text: path}.String() + ")"
	}
	list := quoted(path)
	for _, link := range []string{"/tmp/", "/var/", "/etc/"} {
		if strings.HasPrefix(path, link) {
			list += quoted("/private" + path)
		}
	}
	return list
}

// Sightings are what a process saw that put a CanaryPolicy on itself: the errnos,
// macOS's, of opening the two files before and after, 0 for a file that was opened.
type Sightings struct {
	GrantedBefore, WithheldBefore int
	Apply                         Report
	GrantedAfter, WithheldAfter   int
}

// JudgeCanary says why the engine is not to be relied on; nil when it let one
// operation through and stopped the other, both of which could be done before.
func JudgeCanary(s Sightings) error {
	const denied = 1 // EPERM
	switch {
	case s.GrantedBefore != 0 || s.WithheldBefore != 0:
		return fmt.Errorf("canary: open before the policy: errno %d and %d, want none", s.GrantedBefore, s.WithheldBefore)
	case s.Apply.RC != 0:
		return fmt.Errorf("canary: %w", s.Apply.err())
	case s.GrantedAfter != 0:
		return fmt.Errorf("canary: open of the granted file under the policy: errno %d, want none", s.GrantedAfter)
	case s.WithheldAfter == 0:
		return errors.New("canary: open of the withheld file succeeded: this system takes policies and does not enforce them")
	case s.WithheldAfter != denied:
		return fmt.Errorf("canary: open of the withheld file under the policy: errno %d, want %d (EPERM)", s.WithheldAfter, denied)
	}
	return nil
}

// err says in one line that a policy could not be applied, and why.
func (r Report) err() error {
	text := r.Text
	if text == "" {
		text = fmt.Sprintf("errno %d", r.Errno)
	}
	return fmt.Errorf("%s: %s", r.API, strings.Join(strings.Fields(text), " "))
}
