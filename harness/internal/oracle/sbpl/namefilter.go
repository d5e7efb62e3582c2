package sbpl

import (
	"fmt"
	"regexp"
	"strings"
)

// spaces are the filters that compare with a name.
var spaces = map[string]bool{
	"appleevent-destination": true, "global-name": true, "info-type": true,
	"iokit-connection": true, "iokit-property": true, "iokit-registry-entry-class": true, "iokit-user-client-class": true,
	"ipc-posix-name": true, "kext-bundle-id": true, "local-name": true,
	"notification-name": true, "nvram-variable": true, "preference-domain": true,
	"right-name": true, "sysctl-name": true, "xpc-service-name": true,
}

// iokitAny is the space of a class that is a client's, or that of its service.
const iokitAny = "iokit-"

// compared is how a filter compares a name with its value.
type compared uint8

const (
	byValue compared = iota
	byPrefix
	byRegex
)

// nameFilter compares a name of one name space.
type nameFilter struct {
	leaf
	space string
	how   compared
	value string
	regex *regexp.Regexp // of byRegex
	head  string         // what every name begins with that it matches
	other *Doubt         // about a name in another space
	slash *Doubt         // about a name that may get a slash
}

func newNameFilter(l leaf, space string, how compared, arg Arg) (Filter, error) {
	f := &nameFilter{
		leaf: l, space: space, how: how, value: arg.Text, head: arg.Text,
		other: l.unsure("the model does not know what " + space + " the object has"),
		slash: l.unsure("the model does not know whether the name has a slash at its front"),
	}
	if how == byRegex {
		var err error
		if f.regex, err = compileRegex(l, arg); err != nil {
			return nil, err
		}
		if f.head, _ = literals(f.regex); !ascii(f.head) {
			f.head = ""
		}
		return f, nil
	}
	return f, needString(l, arg)
}

func (f *nameFilter) match(s *subject) (truth, *Doubt) {
	switch {
	case s.space == "":
		return no, nil
	case s.space == f.space:
	case strings.HasPrefix(s.space, "iokit-") && strings.HasPrefix(f.space, "iokit-"):
		if s.space == iokitAny && f.space == "iokit-user-client-class" && f.holds(s.name) {
			return yes, nil
		}
		return maybe, f.other // a service has a class, and so has its client
	default:
		return no, nil
	}
	t := f.holds(s.name)
	if s.slash && f.holds("/"+s.name) != t {
		return maybe, f.slash
	}
	return truthOf(t), nil
}

func (f *nameFilter) holds(name string) bool {
	switch f.how {
	case byPrefix:
		return strings.HasPrefix(name, f.value)
	case byRegex:
		return f.regex.MatchString(bytewise(name))
	}
	return name == f.value
}

// targetFilter is about the process that something is done to.
type targetFilter struct {
	leaf
	want  string
	doubt *Doubt
}

// related says what a process is to the one that acts, by what the question
// calls it. What is not there is not known.
var related = map[string]map[string]truth{
	"self":         {"self": yes, "pgrp": yes, "same-sandbox": yes, "children": no, "others": no},
	"child":        {"self": no, "children": yes, "same-sandbox": yes}, // started under the policy
	"children":     {"self": no, "children": yes, "same-sandbox": yes},
	"same-sandbox": {"self": no, "same-sandbox": yes},
	"others":       {"self": no, "others": yes},
}

var targetNames = []string{"self", "pgrp", "children", "others", "same-sandbox"}

func newTargetFilter(l leaf, arg Arg) (Filter, error) {
	if arg.Kind != ArgSymbol && arg.Kind != ArgString {
		return nil, fmt.Errorf("target takes a process such as self, and %s is none", argText(arg))
	}
	for _, name := range targetNames {
		if arg.Text == name {
			return &targetFilter{leaf: l, want: name, doubt: l.unsure("the model does not know what process it is")}, nil
		}
	}
	return nil, fmt.Errorf("the model does not know the target %s", argText(arg))
}

func (f *targetFilter) match(s *subject) (truth, *Doubt) {
	if s.process == "" {
		return no, nil
	}
	if t, ok := related[s.process][f.want]; ok {
		return t, nil
	}
	return maybe, f.doubt
}
