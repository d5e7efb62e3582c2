package sbpl

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Strings are bytes, as they are in the Scheme of macOS.
var textFunctions = []builtin{
	{name: "string-append", least: 0, most: -1, run: func(c site, args []value) (value, error) {
		size := 0
		for _, arg := range args {
			part, err := text(arg)
			if err != nil {
				return nil, err
			}
			size += len(part)
		}
		if !c.m.grow(size) {
			return c.m.stopped, nil
		}
		var b strings.Builder
		b.Grow(size)
		for _, arg := range args {
			b.WriteString(arg.(*str).text)
		}
		return &str{text: b.String()}, nil
	}},
	{name: "string-length", least: 1, most: 1, run: func(_ site, args []value) (value, error) {
		s, err := text(args[0])
		return int64(len(s)), err
	}},
	{name: "string-ref", least: 2, most: 2, run: func(_ site, args []value) (value, error) {
		s, err := text(args[0])
		if err != nil {
			return nil, err
		}
		i, err := wholeNumber(args[1], len(s)-1)
		if err != nil {
			return nil, err
		}
		return charAt(s, i)
	}},
	{name: "substring", least: 2, most: 3, run: func(c site, args []value) (value, error) {
		s, err := text(args[0])
		if err != nil {
			return nil, err
		}
		end := len(s)
		if len(args) == 3 {
			if end, err = wholeNumber(args[2], len(s)); err != nil {
				return nil, err
			}
		}
		start, err := wholeNumber(args[1], end)
		if err != nil {
			return nil, err
		}
		return c.made(s[start:end])
	}},
	{name: "string-copy", least: 1, most: 1, run: func(c site, args []value) (value, error) {
		s, err := text(args[0])
		if err != nil {
			return nil, err
		}
		return c.made(s)
	}},
	{name: "string", least: 0, most: -1, run: func(c site, args []value) (value, error) { return c.spell(args) }},
	{name: "make-string", least: 2, most: 2, run: func(c site, args []value) (value, error) {
		n, err := wholeNumber(args[0], c.m.most.text)
		if err != nil {
			return nil, err
		}
		fill, ok := args[1].(char)
		switch {
		case !ok:
			return nil, mistaken(args[1], "character")
		case !c.m.grow(n):
			return c.m.stopped, nil
		}
		return &str{text: strings.Repeat(string(fill), n)}, nil
	}},
	{name: "string->list", least: 1, most: 1, run: func(c site, args []value) (value, error) {
		s, err := text(args[0])
		if err != nil {
			return nil, err
		}
		if !c.m.spend(len(s)) {
			return c.m.stopped, nil
		}
		values := make([]value, len(s))
		for i := range values {
			if values[i], err = charAt(s, i); err != nil {
				return nil, err
			}
		}
		return list(values, nothing{}), nil
	}},
	{name: "list->string", least: 1, most: 1, run: func(c site, args []value) (value, error) {
		values, d, err := c.list(args[0])
		if d != nil || err != nil {
			return d.orNil(), err
		}
		return c.spell(values)
	}},
	{name: "string->symbol", least: 1, most: 1, run: func(_ site, args []value) (value, error) {
		s, err := text(args[0])
		return symbol(s), err
	}},
	{name: "symbol->string", least: 1, most: 1, run: func(_ site, args []value) (value, error) {
		s, ok := args[0].(symbol)
		if !ok {
			return nil, mistaken(args[0], "symbol")
		}
		return &str{text: string(s)}, nil
	}},
	{name: "string->number", least: 1, most: 2, run: textToNumber},
	{name: "number->string", least: 1, most: 2, run: func(_ site, args []value) (value, error) {
		base, err := radix(args[1:])
		if err != nil {
			return nil, err
		}
		n, ok := args[0].(int64)
		switch {
		case ok:
			return &str{text: strconv.FormatInt(n, base)}, nil
		case is[float64](args[0]):
			return nil, errors.New("the model does not know how macOS writes fractions")
		}
		return nil, mistaken(args[0], "number")
	}},
	{name: "regex-quote", least: 1, most: 1, run: func(c site, args []value) (value, error) {
		s, err := text(args[0])
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		for _, r := range s {
			if strings.ContainsRune(`\.*+?^$|()[]{}`, r) {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		return c.made(b.String())
	}},
	comparison("string=?", func(a, b string) bool { return a == b }),
	comparison("string<?", func(a, b string) bool { return a < b }),
	comparison("string>?", func(a, b string) bool { return a > b }),
	comparison("string<=?", func(a, b string) bool { return a <= b }),
	comparison("string>=?", func(a, b string) bool { return a >= b }),
}

// made is a new string, part of another or about as long.
func (c site) made(s string) (value, error) {
	if !c.m.grow(len(s)) {
		return c.m.stopped, nil
	}
	return &str{text: s}, nil
}

// spell makes a string of characters.
func (c site) spell(chars []value) (value, error) {
	var b strings.Builder
	for _, v := range chars {
		if d := c.m.inDoubt(v); d != nil {
			return d, nil
		}
		r, ok := v.(char)
		if !ok {
			return nil, mistaken(v, "character")
		}
		b.WriteRune(rune(r))
	}
	return c.made(b.String())
}

// charAt is one byte of a string, as far as it is a character.
func charAt(s string, i int) (value, error) {
	if s[i] >= 0x80 {
		return nil, errors.New("the model knows no characters beyond ASCII")
	}
	return char(s[i]), nil
}

func comparison(name string, test func(a, b string) bool) builtin {
	return builtin{name: name, least: 2, most: 2, run: func(_ site, args []value) (value, error) {
		a, err := text(args[0])
		if err != nil {
			return nil, err
		}
		b, err := text(args[1])
		if err != nil {
			return nil, err
		}
		return test(a, b), nil
	}}
}

// radix takes the base of a number where one is given.
func radix(args []value) (int, error) {
	if len(args) == 0 {
		return 10, nil
	}
	if n, ok := args[0].(int64); ok && slices.Contains([]int64{2, 8, 10, 16}, n) {
		return int(n), nil
	}
	return 0, fmt.Errorf("%s is no base; there are 2, 8, 10 and 16", show(args[0]))
}

func textToNumber(_ site, args []value) (value, error) {
	s, err := text(args[0])
	if err != nil {
		return nil, err
	}
	base, err := radix(args[1:])
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseInt(s, base, 64)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, strconv.ErrRange), strings.HasPrefix(s, "#"):
		return nil, errors.New("the model has no such number")
	case base != 10 || strings.Trim(s, "+-.0123456789eE") != "":
		return false, nil
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return false, nil
	}
	return x, nil
}

var charFunctions = []builtin{
	{name: "char->integer", least: 1, most: 1, run: func(_ site, args []value) (value, error) {
		c, ok := args[0].(char)
		if !ok {
			return nil, mistaken(args[0], "character")
		}
		return int64(c), nil
	}},
	{name: "integer->char", least: 1, most: 1, run: func(_ site, args []value) (value, error) {
		n, err := wholeNumber(args[0], 0x7f)
		if err == nil && n == 0 {
			err = errors.New("a string cannot hold NUL")
		}
		return char(n), err
	}},
	{name: "char=?", least: 2, most: 2, run: func(_ site, args []value) (value, error) {
		for _, arg := range args {
			if !is[char](arg) {
				return nil, mistaken(arg, "character")
			}
		}
		return args[0] == args[1], nil
	}},
}
