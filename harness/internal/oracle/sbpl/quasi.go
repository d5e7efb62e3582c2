package sbpl

import (
	"errors"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// quotes are the names of the forms that the signs before a form stand for.
var quotes = map[string]string{"'": "quote", "`": "quasiquote", ",": "unquote", ",@": "unquote-splicing"}

// quotation evaluates 'x and `x.
func (m *machine) quotation(f *form, s *scope) value {
	var v value
	var err error
	switch f.Text {
	case "'":
		v, err = m.datum(&f.Items[0])
	case "`":
		v, err = m.template(&f.Items[0], 1, s)
	default:
		err = errors.New("it stands in no quasiquote")
	}
	if err != nil {
		return m.doubt(f, s, err.Error())
	}
	return v
}

func (m *machine) quasi(f *form, s *scope) (value, error) {
	args, err := arguments(f, 1, 1)
	if err != nil {
		return nil, err
	}
	return m.template(&args[0], 1, s)
}

// datum is a form as data.
func (m *machine) datum(f *form) (value, error) { return m.template(f, 0, nil) }

// template is a form as data, but for what is unquoted. level is how many
// quasiquotes it stands in; at 0 nothing is evaluated.
func (m *machine) template(f *form, level int, s *scope) (value, error) {
	m.spend(1)
	switch f.Kind {
	case sbpl.String:
		return &str{text: f.Text}, nil
	case sbpl.Regex:
		return &str{text: f.Text, raw: true}, nil
	case sbpl.Number:
		return number(f)
	case sbpl.Boolean:
		return f.Text == "#t", nil
	case sbpl.Character:
		return character(f.Text)
	case sbpl.Symbol:
		return symbol(f.Text), nil
	case sbpl.Quote:
		return m.quoted(f, symbol(quotes[f.Text]), &f.Items[0], level, s)
	}
	if len(f.Items) == 2 {
		switch head := f.Head(); head {
		case "quasiquote", "unquote", "unquote-splicing":
			return m.quoted(f, symbol(head), &f.Items[1], level, s)
		}
	}
	return m.templates(f.Items, level, s)
}

// templates is a list as data.
func (m *machine) templates(forms []form, level int, s *scope) (value, error) {
	var values []value
	for i := range forms {
		f := &forms[i]
		if f.Kind == sbpl.Symbol && f.Text == "." && i > 0 && i == len(forms)-2 {
			end, err := m.template(&forms[i+1], level, s)
			return list(values, end), err
		}
		if spliced := splices(f); spliced != nil && level == 1 {
			v := m.eval(spliced, s)
			more, end := items(v)
			m.spend(len(more))
			values = append(values, more...)
			if _, proper := end.(nothing); proper {
				continue
			}
			if d := m.inDoubt(end); d != nil {
				return list(values, d), nil // what follows is part of what is not known
			}
			if i < len(forms)-1 {
				return nil, mistaken(end, "list")
			}
			return list(values, end), nil
		}
		v, err := m.template(f, level, s)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return list(values, nothing{}), nil
}

// splices returns what ,@ stands before; nil for any other form.
func splices(f *form) *form {
	switch {
	case f.Kind == sbpl.Quote && f.Text == ",@":
		return &f.Items[0]
	case len(f.Items) == 2 && f.Head() == "unquote-splicing":
		return &f.Items[1]
	}
	return nil
}

// quoted is 'x, `x, ,x or ,@x in data.
func (m *machine) quoted(f *form, name symbol, what *form, level int, s *scope) (value, error) {
	switch {
	case level == 0 || name == "quote":
	case name == "quasiquote":
		level++
	case level > 1:
		level--
	case name == "unquote":
		return m.eval(what, s), nil
	default:
		return nil, errors.New(f.Brief(mostForm) + " does not stand in a list")
	}
	v, err := m.template(what, level, s)
	return list([]value{name, v}, nothing{}), err
}

// number reads a number.
func number(f *form) (value, error) {
	if n, ok := f.Int(); ok {
		return n, nil
	}
	if x, err := strconv.ParseFloat(f.Text, 64); err == nil && strings.ContainsAny(f.Text, ".eE") {
		return x, nil
	}
	return nil, errors.New("the model has no such number")
}

// charNames are the characters that are written with a name.
var charNames = map[string]char{"space": ' ', "newline": '\n', "return": '\r', "tab": '\t'}

func character(text string) (value, error) {
	if c, ok := charNames[strings.ToLower(text)]; ok {
		return c, nil
	}
	if hex, ok := strings.CutPrefix(text, "x"); ok && hex != "" {
		if n, err := strconv.ParseUint(hex, 16, 7); err == nil {
			return char(n), nil
		}
	}
	if len(text) == 1 {
		return char(text[0]), nil
	}
	return nil, errors.New("the model does not know the character")
}

func charForm(c char) form {
	for name, named := range charNames {
		if named == c {
			return form{Kind: sbpl.Character, Text: name}
		}
	}
	return form{Kind: sbpl.Character, Text: string(c)}
}
