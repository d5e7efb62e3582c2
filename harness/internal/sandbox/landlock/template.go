package landlock

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Template is a parent path with variables, e.g. "${home}/.cache". "$$" stands
// for "$", and a "$" before anything but "$" and "{" for itself.
type Template struct {
	text   string
	tokens []token
}

// token is literal text, or the name of a variable when name is not empty.
type token struct{ text, name string }

// ParseTemplate reads a template. Variable names are ASCII letters, digits and
// "_", a letter first.
func ParseTemplate(s string) (Template, error) {
	t := Template{text: s}
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t.tokens = append(t.tokens, token{text: literal.String()})
			literal.Reset()
		}
	}
	for rest := s; ; {
		before, after, found := strings.Cut(rest, "$")
		literal.WriteString(before)
		if !found {
			flush()
			return t, nil
		}
		switch {
		case strings.HasPrefix(after, "$"):
			literal.WriteByte('$')
			rest = after[1:]
		case strings.HasPrefix(after, "{"):
			name, tail, closed := strings.Cut(after[1:], "}")
			if !closed {
				return Template{}, fmt.Errorf("%q: ${ without }; close it, or write $$ for a dollar sign", s)
			}
			if err := checkName(name); err != nil {
				return Template{}, fmt.Errorf("%q: %w", s, err)
			}
			flush()
			t.tokens = append(t.tokens, token{name: name})
			rest = tail
		default:
			literal.WriteByte('$')
			rest = after
		}
	}
}

// String is the template as written.
func (t Template) String() string { return t.text }

// inner lists the variables that do not start the template.
func (t Template) inner() []string {
	var list []string
	for i, tok := range t.tokens {
		if i > 0 && tok.name != "" && !slices.Contains(list, tok.name) {
			list = append(list, tok.name)
		}
	}
	return list
}

// Variables lists the variables a template uses, each once, in order.
func (t Template) Variables() []string {
	var list []string
	for _, tok := range t.tokens {
		if tok.name != "" && !slices.Contains(list, tok.name) {
			list = append(list, tok.name)
		}
	}
	return list
}

// pathMax is the kernel's PATH_MAX: no longer path can be opened.
const pathMax = 4096

// Expand gives every combination of the variables' values, the first variable
// varying slowest. A variable that is undefined or has no value is an error,
// as are more than limit paths and paths the kernel would find too long.
func (t Template) Expand(vars map[string][]string, limit int) ([]string, error) {
	var missing []error
	for _, name := range t.Variables() {
		values, ok := vars[name]
		if !ok {
			missing = append(missing, fmt.Errorf("variable %q is not defined", name))
		} else if len(values) == 0 {
			missing = append(missing, fmt.Errorf("variable %q has no value", name))
		}
	}
	if len(missing) > 0 {
		return nil, errors.Join(missing...)
	}
	paths := []string{""}
	for _, tok := range t.tokens {
		values := []string{tok.text}
		if tok.name != "" {
			values = vars[tok.name]
		}
		if len(values) > limit/len(paths) {
			return nil, fmt.Errorf("variables multiply out to more than %d paths", limit)
		}
		longer := make([]string, 0, len(paths)*len(values))
		for _, path := range paths {
			for _, value := range values {
				if len(path)+len(value) >= pathMax {
					return nil, fmt.Errorf("expands to a path of %d bytes or more", pathMax)
				}
				longer = append(longer, path+value)
			}
		}
		paths = longer
	}
	return paths, nil
}

func checkName(name string) error {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || '9' < c)) {
			return fmt.Errorf("%q is no variable name: want ASCII letters, digits and _, a letter first", name)
		}
	}
	if name == "" {
		return errors.New("a variable name is empty")
	}
	return nil
}
