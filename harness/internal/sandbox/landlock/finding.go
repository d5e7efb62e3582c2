package landlock

import (
	"cmp"
	"slices"
	"strings"
)

// Code names a kind of [Finding], for programs and for people to search for.
// Codes keep their meaning; one that is dropped is not used again.
type Code string

// What a lint may find.
const (
	CodeOpenFS        Code = "LL001" // file-system rights that no layer handles
	CodeOpenNet       Code = "LL002" // network rights that no layer handles
	CodeOpenScope     Code = "LL003" // scopes that no layer handles
	CodeOldABI        Code = "LL004" // rights newer than what the policy was written for
	CodeReferOneSide  Code = "LL005" // files can be made or removed and not moved
	CodeBeneath       Code = "LL006" // a rule beneath another that grants as much
	CodeMasked        Code = "LL007" // a rule that composition takes rights from
	CodeRepeated      Code = "LL008" // a word that adds nothing
	CodeDuplicate     Code = "LL009" // a parent or port that another rule grants as much
	CodeMissingParent Code = "LL010" // a parent that this host does not have
	CodeFileRights    Code = "LL011" // directory rights on a file
	CodeEmptyGroup    Code = "LL012" // a group that stands for nothing
	CodeNewABI        Code = "LL013" // more than this kernel has
	CodeUndeclared    Code = "LL014" // rights newer than the abi the text declares
	CodeTooManyLayers Code = "LL015" // more layers than the kernel takes
	CodeIdleLayer     Code = "LL016" // a layer that narrows nothing
	CodeNoSuchParent  Code = "LL017" // an optional parent that no rule has
	CodeUnusedValue   Code = "LL018" // a variable that no parent uses
	CodeDropped       Code = "LL019" // rights that one text of a layer handles and another does not
)

// Level says how much a finding weighs.
type Level string

// The levels. A warning is most likely a mistake; a note may be what the
// author wants.
const (
	Warning Level = "warning"
	Note    Level = "note"
)

// Finding is one thing a policy says that its author may not mean.
type Finding struct {
	Code  Code
	Level Level
	Place     // Line 0 when it is about the text or the profile as a whole
	Layer int // from 0
	Msg   string
}

// sortFindings orders findings by place and drops what is said twice.
func sortFindings(list []Finding) []Finding {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(string(a.Code), string(b.Code)), strings.Compare(a.Msg, b.Msg))
	})
	return slices.CompactFunc(list, func(a, b Finding) bool {
		a.Layer = b.Layer
		return a == b
	})
}
