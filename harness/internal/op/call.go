package op

import "strconv"

// Call is the text of a system call as strace prints it, built argument by
// argument. It is made for every attempt, so it is appended, not formatted.
type Call []byte

// NewCall begins the text of a call, whose arguments follow.
func NewCall(name string) Call {
	return append(append(make(Call, 0, 192), name...), '(')
}

// Raw appends an argument that needs no quoting.
func (c Call) Raw(text string) Call {
	return append(c.comma(), text...)
}

// Int appends a number in decimal.
func (c Call) Int(n int) Call {
	return strconv.AppendInt(c.comma(), int64(n), 10)
}

// Octal appends a file mode.
func (c Call) Octal(mode uint32) Call {
	return strconv.AppendUint(append(c.comma(), '0'), uint64(mode), 8)
}

// Path appends a text in quotes: a path, or whatever else strace quotes.
func (c Call) Path(p string) Call { return c.comma().quote(p) }

// Argv appends the list of one text in quotes: the arguments of a program, or its
// environment.
func (c Call) Argv(text string) Call { return append(append(c.comma(), '[').quote(text), ']') }

// End returns the finished text.
func (c Call) End() string { return string(append(c, ')')) }

func (c Call) comma() Call {
	if c[len(c)-1] == '(' {
		return c
	}
	return append(c, ", "...)
}

// Quote is a text as strace prints a string.
func Quote(s string) string { return string(Call(nil).quote(s)) }

// quote appends s as strace quotes a string: C escapes, and octal for every
// byte that is not printable ASCII, in as few digits as the next byte allows.
func (c Call) quote(s string) Call {
	c = append(c, '"')
	for i := range len(s) {
		b := s[i]
		switch {
		case b == '"' || b == '\\':
			c = append(c, '\\', b)
		case b >= ' ' && b < 0x7f:
			c = append(c, b)
		case b >= '\t' && b <= '\r':
			c = append(c, '\\', "tnvfr"[b-'\t'])
		default:
			digits := strconv.FormatUint(uint64(b), 8)
			if i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' {
				digits = "000"[len(digits):] + digits
			}
			c = append(append(c, '\\'), digits...)
		}
	}
	return append(c, '"')
}
