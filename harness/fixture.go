package harness

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

func readFixture(v jsondoc.Value) *Fixture {
	o := v.Object()
	f := &Fixture{
		Source: o.Opt("source").OrNull().Text(),
		Listen: o.Opt("listen").OrNull().Text(),
	}
	for _, n := range o.Opt("tree").OrNull().Items() {
		f.Tree = append(f.Tree, readNode(n))
	}
	o.End()
	return f
}

func readNode(v jsondoc.Value) fixture.Node {
	o := v.Object()
	mode, content, to := o.Opt("mode").OrNull(), o.Opt("content").OrNull(), o.Opt("to").OrNull()
	n := fixture.Node{
		Path: readScratchPath(o.Need("path")),
		Kind: jsondoc.Enum(o.Need("kind"), fixture.File, fixture.Dir, fixture.Symlink, fixture.Hardlink, fixture.FIFO, fixture.Absent),
		Mode: mode.Text(), Content: content.Text(), To: to.Text(),
	}
	o.End()
	if n.Kind == "" {
		return n // the wrong kind is fault enough
	}
	if n.Mode != "" {
		switch _, err := strconv.ParseUint(n.Mode, 8, 12); {
		case err != nil || len(n.Mode) < 3:
			mode.Faultf(`want an octal mode such as "0644", got %q`, n.Mode)
		case n.Kind == fixture.Symlink || n.Kind == fixture.Hardlink || n.Kind == fixture.Absent:
			mode.Faultf("%v has no mode of its own; remove it", n.Kind)
		}
	}
	if n.Content != "" && n.Kind != fixture.File {
		content.Faultf("%v has no content; remove it", n.Kind)
	}
	link := n.Kind == fixture.Symlink || n.Kind == fixture.Hardlink
	switch {
	case link && n.To == "":
		v.Faultf(`%v needs "to"; say what it leads to`, n.Kind)
	case !link && n.To != "":
		to.Faultf("%v leads nowhere; remove it", n.Kind)
	}
	return n
}

// readScratchPath reads a path that must lie in the run's scratch folder: a
// fixture never touches the host's own files.
func readScratchPath(v jsondoc.Value) string {
	s := v.Text()
	if v.Kind() != jsondoc.String {
		return s
	}
	root, rest, below := strings.Cut(s, "/")
	switch {
	case !slices.Contains([]string{"${scratch}", "${home}", "${workspace}"}, root):
		v.Faultf("%q lies outside the scratch folder; start it with ${scratch}/, ${home}/ or ${workspace}/", s)
	case below && slices.Contains(strings.Split(rest, "/"), ".."):
		v.Faultf(`%q contains ".."; write where it leads`, s)
	}
	return s
}
