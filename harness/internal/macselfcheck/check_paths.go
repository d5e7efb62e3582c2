//go:build darwin || seatbelt_fake

package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	model "github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

var pathChecks = map[string]check{
	"getpath":           checkGetPath,
	"nofirmlink":        checkNoFirmlink,
	"sight":             checkSight,
	"identity":          checkIdentity,
	"rule-on-link":      inTemp(checkRuleOnLink),
	"link-metadata":     inTemp(checkLinkMetadata),
	"firmlink":          inTemp(checkFirmlink),
	"model-links":       checkModelLinks,
	"openat-folder":     inTemp(checkOpenatFolder),
	"dots":              inTemp(checkDots),
	"opens":             inTemp(checkOpens),
	"attributes":        inTemp(checkAttributes),
	"attributes-denied": inTemp(checkAttributesDenied),
	"searchfs":          inTemp(checkSearchFS),
}

// dataVolume is where the volume lies that firmlinks lead to.
const dataVolume = "/System/Volumes/Data"

// spelled is a file below /private/tmp in its three spellings.
type spelled struct {
	real    string // /private/tmp/…/x
	alias   string // /tmp/…/x, through a link
	onData  string // /System/Volumes/Data/private/tmp/…/x, around a firmlink
	rootRel string // private/tmp/…/x
}

func spell(real string) spelled {
	return spelled{real, strings.TrimPrefix(real, "/private"), dataVolume + real, strings.TrimPrefix(real, "/")}
}

// inTemp has the trials made of a file below /private/tmp.
func inTemp(of func(spelled) []trial) check {
	return func() (string, error) {
		real, remove, err := file(privateTemp)
		if err != nil {
			return "", err
		}
		defer remove()
		return trials(of(spell(real))...)
	}
}

// opened opens a file by its alias without a policy and gives what was seen of it.
func opened() (*op.Result, spelled, error) {
	real, remove, err := file(privateTemp)
	if err != nil {
		return nil, spelled{}, err
	}
	defer remove()
	s := spell(real)
	w, err := newWorker()
	if err != nil {
		return nil, s, err
	}
	defer w.Close()
	ans, err := trial{attempt: open(s.alias)}.make(w)
	if err == nil && described(ans) != allow {
		err = unchecked("open %s: %s", s.alias, described(ans))
	}
	return ans.Result, s, err
}

func checkGetPath() (string, error) {
	r, s, err := opened()
	switch {
	case err != nil:
		return "", err
	case r.ObservedPath != s.real || r.PathErrno != 0:
		return "", fmt.Errorf("of %s it is %q, %s", s.alias, r.ObservedPath, errnoName(r.PathErrno))
	}
	return fmt.Sprintf("of %s it is %s", s.alias, r.ObservedPath), nil
}

func checkNoFirmlink() (string, error) {
	r, s, err := opened()
	switch {
	case err != nil:
		return "", err
	case r.NoFirmlink != s.onData || r.NoFirmlinkErrno != 0:
		return "", fmt.Errorf("of %s it is %q, %s", s.alias, r.NoFirmlink, errnoName(r.NoFirmlinkErrno))
	}
	return fmt.Sprintf("of %s it is %s", s.alias, r.NoFirmlink), nil
}

func checkIdentity() (string, error) {
	r, _, err := opened()
	switch {
	case err != nil:
		return "", err
	case r.File == nil || r.File.Ino == 0 || r.File.FSType != "apfs" || r.File.Mount != dataVolume:
		return "", fmt.Errorf("%+v, wanted an inode, apfs and %s", r.File, dataVolume)
	}
	return fmt.Sprintf("device %#x, inode %d, %s on %s, fsid %v", r.File.Dev, r.File.Ino, r.File.FSType, r.File.Mount, r.File.FSID), nil
}

func checkSight() (string, error) {
	real, remove, err := file(privateTemp)
	if err != nil {
		return "", err
	}
	defer remove()
	link := path.Dir(real) + "/link"
	if err := os.Symlink("x", link); err != nil {
		return "", unchecked("%v", err)
	}
	w, err := newWorker()
	if err != nil {
		return "", err
	}
	defer w.Close()
	for call, want := range map[string]string{"fstat": real, "lstat": link} {
		ans, err := trial{attempt: metadata("file-read-metadata", spell(link).alias, call)}.make(w)
		switch {
		case err != nil:
			return "", err
		case ans.Sight == nil || ans.Sight.Path != want || ans.Sight.Errno != 0:
			return "", fmt.Errorf("before %s of a link to %s: %+v, wanted %s", call, real, ans.Sight, want)
		}
	}
	return "of a link itself, and of where it leads", nil
}

func checkModelLinks() (string, error) {
	table, err := os.ReadFile("/usr/share/firmlinks")
	if err != nil {
		return "", unchecked("%v", err)
	}
	leads := map[string]string{} // from a path to where the kernel gets by it
	for line := range strings.Lines(string(table)) {
		at, onData, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if ok {
			leads[dataVolume+"/"+onData] = at
		}
	}
	if len(leads) == 0 {
		return "", unchecked("/usr/share/firmlinks has no lines of two names: %.200q", table)
	}
	for _, link := range []string{"/tmp", "/var", "/etc", "/home"} {
		if leads[link], err = filepath.EvalSymlinks(link); err != nil {
			return "", fmt.Errorf("%w", err)
		}
	}
	profile, faults := model.Compile(model.Source{File: "selfcheck.sb", Text: policy(harmless).Text})
	if len(faults) > 0 {
		return "", unchecked("%v", faults[0])
	}
	var wrong []string
	for _, from := range slices.Sorted(maps.Keys(leads)) {
		got := profile.Ask(model.Question{Operation: "file-read-metadata", Target: from + "/x", Syscall: "stat"}).Resolved
		if want := leads[from] + "/x"; got != want {
			wrong = append(wrong, fmt.Sprintf("%s/x leads to %s, and the model says %s", from, want, got))
		}
	}
	if wrong != nil {
		return "", errors.New(strings.Join(wrong, "; "))
	}
	return fmt.Sprintf("%d links and firmlinks", len(leads)), nil
}

func checkRuleOnLink(s spelled) []trial {
	return []trial{
		{attempt: open(s.alias), want: allow, control: true},
		{rules: rule("(allow default)(deny file-read-data (literal %s))", s.alias), attempt: open(s.alias), want: allow},
		{rules: rule("(allow default)(deny file-read-data (literal %s))", s.real), attempt: open(s.alias), want: deny},
	}
}

func checkLinkMetadata(s spelled) []trial {
	const rules = `(allow default)(deny file-read-metadata (literal "/tmp"))`
	return []trial{
		{rules: rules, attempt: open(s.real), want: allow, control: true},
		{rules: rules, attempt: open(s.alias), want: deny},
		{rules: rules, attempt: attempt.Request{Operation: "file-write*", Target: s.alias}, want: deny},
	}
}

func checkFirmlink(s spelled) []trial {
	return []trial{
		{attempt: open(s.onData), want: allow, control: true},
		{rules: rule("(allow default)(deny file-read-data (literal %s))", s.real), attempt: open(s.onData), want: deny},
		{rules: rule("(allow default)(deny file-read-data (literal %s))", s.onData), attempt: open(s.onData), want: allow},
		{rules: `(allow default)(deny file-read-data (subpath "/System"))`, attempt: open(s.onData), want: allow},
	}
}

func checkOpenatFolder(s spelled) []trial {
	rules := rule("(allow default)(deny file-read-data (literal %s))", path.Dir(s.real))
	at, atRoot := open(s.real), open(s.rootRel)
	at.Syscall, atRoot.Syscall = "openat", "openat_rootrel"
	return []trial{
		{rules: harmless, attempt: at, want: allow, control: true},
		{rules: rules, attempt: open(s.real), want: allow},
		{rules: rules, attempt: at, want: deny},
		{rules: rules, attempt: atRoot, want: allow},
	}
}

func checkDots(s spelled) []trial {
	dots := path.Dir(s.real) + "/./../" + path.Base(path.Dir(s.real)) + "/x"
	return []trial{
		{attempt: open(dots), want: allow, control: true},
		{rules: rule("(allow default)(deny file-read-data (literal %s))", s.real), attempt: open(dots), want: deny},
		{rules: rule("(allow default)(deny file-read* (literal %s))", path.Dir(s.real)), attempt: open(s.real), want: allow},
	}
}

func checkOpens(s spelled) []trial {
	write := attempt.Request{Operation: "file-write*", Target: s.real}
	lstat := metadata("file-read-metadata", s.real, "lstat")
	rules := func(operation string) string {
		return rule("(allow default)(deny "+operation+" (literal %s))", s.real)
	}
	return []trial{
		{rules: rules("file-read-data"), attempt: open(s.real), want: deny},
		{rules: rules("file-read-data"), attempt: write, want: allow},
		{rules: rules("file-write-data"), attempt: write, want: deny},
		{rules: rules("file-write-data"), attempt: open(s.real), want: allow},
		{rules: rules("file-read-metadata"), attempt: lstat, want: deny},
		{rules: rules("file-read-data"), attempt: lstat, want: allow},
	}
}

func metadata(operation, target, call string) attempt.Request {
	return attempt.Request{Operation: operation, Target: target, Driver: "metadata_runner", Syscall: call}
}

// The calls that read and that change what a file says of itself.
var (
	readers  = []string{"lstat", "fstat", "getattrlist"}
	changers = []string{"chmod", "fchmod", "utimes", "futimes", "lutimes", "lchown", "fchown", "fchownat"}
)

func checkAttributes(s spelled) []trial {
	var list []trial
	for _, call := range append([]string{"setattrlist"}, readers...) {
		list = append(list, trial{attempt: metadata("file-read-metadata", s.real, call), want: allow})
	}
	for _, call := range changers {
		list = append(list, trial{attempt: metadata("file-write*", s.real, call), want: allow})
	}
	return append(list,
		trial{attempt: attempt.Request{Operation: "file-write-xattr", Target: s.real}, want: allow},
		trial{attempt: attempt.Request{Operation: "file-read-xattr", Target: s.real}, want: allow},
		trial{attempt: attempt.Request{Operation: "file-test-existence", Target: s.real}, want: allow},
		trial{attempt: attempt.Request{Operation: "file-search", Target: path.Dir(s.real)}, want: allow},
	)
}

// checkAttributesDenied leaves fstat out: it is asked of what was opened before,
// and whether a policy is asked again nobody takes for granted.
func checkAttributesDenied(s spelled) []trial {
	rules := func(operation string) string {
		return rule("(allow default)(deny "+operation+" (literal %s))", s.real)
	}
	list := []trial{
		{attempt: attempt.Request{Operation: "file-write-xattr", Target: s.real}, want: allow, control: true},
		{rules: rules("file-read-xattr"), attempt: attempt.Request{Operation: "file-read-xattr", Target: s.real}, want: deny},
		{rules: rules("file-write-xattr"), attempt: attempt.Request{Operation: "file-write-xattr", Target: s.real}, want: deny},
		{rules: rules("file-test-existence"), attempt: attempt.Request{Operation: "file-test-existence", Target: s.real}, want: deny},
	}
	for _, call := range []string{"lstat", "getattrlist"} {
		list = append(list, trial{rules: rules("file-read-metadata"), attempt: metadata("file-read-metadata", s.real, call), want: deny})
	}
	for _, call := range changers {
		list = append(list, trial{rules: rules("file-write*"), attempt: metadata("file-write*", s.real, call), want: deny})
	}
	return list
}

func checkSearchFS(s spelled) []trial {
	search := attempt.Request{Operation: "file-search", Target: path.Dir(s.real), Driver: "file_probe"}
	return []trial{
		{attempt: search, want: allow},
		{rules: "(allow default)(deny file-search)", attempt: search, want: deny},
	}
}
