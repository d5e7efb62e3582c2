package sbpl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// The paths of rules are compared as they are written: it is the object's path
// that is brought into the form the kernel has for it. What the kernel calls an
// object that the question spells in another case is not known.
const (
	otherCase  = "the path differs in case alone, which tells names apart on some volumes only"
	slashAtEnd = "what a slash at the end means is not documented"
	emptyPath  = "what an empty path means is not documented"
)

// paths makes a builder of filters whose arguments are strings.
func paths(one func(leaf, Arg) (Filter, error)) builder {
	return func(l leaf, args []Arg) (Filter, error) { return each(l, args, one) }
}

func needString(l leaf, arg Arg) error {
	if arg.Kind != ArgString {
		return fmt.Errorf("%s takes strings, and %s is none", l.name, argText(arg))
	}
	return nil
}

// pathFilter compares the path with a text.
type pathFilter struct {
	leaf
	text, key string
	reach     reach
	// slashed says that the text without the slash at its end stands in text, and
	// that nothing is sure.
	slashed bool
	doubt   *Doubt
}

func (f *pathFilter) match(s *subject) (truth, *Doubt) {
	switch {
	case s.path == "":
		return no, nil
	case !f.slashed && f.holds(s.path, f.text):
		return yes, nil
	case f.holds(s.key, f.key):
		return maybe, f.doubt
	}
	return no, nil
}

// holds compares a path with a text.
func (f *pathFilter) holds(path, text string) bool {
	switch f.reach {
	case exactly:
		return path == text
	case below:
		return isBelow(path, text)
	}
	return strings.HasPrefix(path, text)
}

func newPathFilter(l leaf, arg Arg, reach reach) (*pathFilter, error) {
	if err := needString(l, arg); err != nil {
		return nil, err
	}
	return &pathFilter{leaf: l, text: arg.Text, key: fold(arg.Text), reach: reach, doubt: l.unsure(otherCase)}, nil
}

// unslashed makes nothing sure of a text with a slash at its end.
func (f *pathFilter) unslashed() {
	if text := strings.TrimRight(f.text, "/"); text != f.text && text != "" {
		f.text, f.key, f.slashed = text, fold(text), true
		f.doubt = f.unsure(slashAtEnd)
	}
}

type (
	literal struct{ pathFilter }
	subpath struct{ pathFilter }
	prefix  struct{ pathFilter }
)

func newLiteral(l leaf, arg Arg) (Filter, error) {
	f, err := newPathFilter(l, arg, exactly)
	if err != nil {
		return nil, err
	}
	f.unslashed()
	return &literal{*f}, nil
}

func newSubpath(l leaf, arg Arg) (Filter, error) {
	f, err := newPathFilter(l, arg, below)
	if err != nil {
		return nil, err
	}
	if f.text == "" {
		f.slashed, f.doubt = true, l.unsure(emptyPath)
	}
	f.unslashed()
	return &subpath{*f}, nil
}

func newPrefix(l leaf, arg Arg) (Filter, error) {
	f, err := newPathFilter(l, arg, from)
	if err != nil {
		return nil, err
	}
	return &prefix{*f}, nil
}

// isBelow reports whether a path is the root or lies below it. Everything lies
// below "/", and below "".
func isBelow(path, root string) bool {
	return strings.HasPrefix(path, root) &&
		(len(path) == len(root) || strings.HasSuffix(root, "/") || root == "" || path[len(root)] == '/')
}

func ascii(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) < 0
}

// regexFilter searches the path for a regular expression.
type regexFilter struct {
	leaf
	regex  *regexp.Regexp
	folded func() *regexp.Regexp
	head   string // what every path that it matches begins with, folded
	within string // what is in every path that it matches, folded
	doubt  *Doubt
}

func newPathRegex(l leaf, arg Arg) (Filter, error) {
	r, err := compileRegex(l, arg)
	if err != nil {
		return nil, err
	}
	head, within := literals(r)
	if !ascii(within) || !ascii(head) {
		head, within = "", "" // the key of a path has its characters, not its bytes
	}
	return &regexFilter{
		leaf: l, regex: r, head: fold(head), within: fold(within), doubt: l.unsure(otherCase),
		folded: sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?i)" + r.String()) }),
	}, nil
}

func (f *regexFilter) match(s *subject) (truth, *Doubt) {
	if s.path == "" || !strings.HasPrefix(s.key, f.head) || !strings.Contains(s.key, f.within) {
		return no, nil
	}
	text := bytewise(s.path)
	switch {
	case f.regex.MatchString(text):
		return yes, nil
	case f.folded().MatchString(text):
		return maybe, f.doubt
	}
	return no, nil
}

// vnodeTypes are the kinds of file that vnode-type names.
var vnodeTypes = []string{"BLOCK-DEVICE", "CHARACTER-DEVICE", "DIRECTORY", "FIFO", "REGULAR-FILE", "SOCKET", "SYMLINK", "TTY"}

type vnodeType struct {
	leaf
	want  string
	doubt *Doubt
}

func newVnodeType(l leaf, arg Arg) (Filter, error) {
	if arg.Kind != ArgSymbol || !slices.Contains(vnodeTypes, arg.Text) {
		return nil, fmt.Errorf("vnode-type has no %s", argText(arg))
	}
	return &vnodeType{leaf: l, want: arg.Text, doubt: l.unsure("the model does not know what kind of file it is")}, nil
}

func (f *vnodeType) match(s *subject) (truth, *Doubt) {
	switch {
	case s.path == "":
		return no, nil
	case s.vnode != "":
		return truthOf(s.vnode == f.want), nil
	case f.want == "SYMLINK": // the world names all there are
		return no, nil
	}
	return maybe, f.doubt
}
