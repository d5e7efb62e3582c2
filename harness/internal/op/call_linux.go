package op

import "strconv"

// call is the text of a system call as strace prints it, built argument by
// argument. It is made for every attempt, so it is appended, not formatted.
type call []byte

func newCall(name string) call {
	return append(append(make(call, 0, 192), name...), '(')
}

// raw appends an argument that needs no quoting.
func (c call) raw(text string) call {
	return append(c.comma(), text...)
}

func (c call) int(n int) call {
	return strconv.AppendInt(c.comma(), int64(n), 10)
}

// octal appends a file mode.
func (c call) octal(mode uint32) call {
	return strconv.AppendUint(append(c.comma(), '0'), uint64(mode), 8)
}

func (c call) path(p string) call { return c.comma().quote(p) }

// end returns the finished text.
func (c call) end() string { return string(append(c, ')')) }

func (c call) comma() call {
	if c[len(c)-1] == '(' {
		return c
	}
	return append(c, ", "...)
}

// quote appends s as strace quotes a string: C escapes, and octal for every
// byte that is not printable ASCII, in as few digits as the next byte allows.
func (c call) quote(s string) call {
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
