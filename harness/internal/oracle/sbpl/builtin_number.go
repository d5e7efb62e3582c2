package sbpl

import (
	"cmp"
	"errors"
	"math"
)

var numberFunctions = []builtin{
	{name: "+", least: 0, most: -1, run: func(_ site, args []value) (value, error) { return reduce(add, int64(0), args) }},
	{name: "*", least: 0, most: -1, run: func(_ site, args []value) (value, error) { return reduce(multiply, int64(1), args) }},
	{name: "-", least: 1, most: -1, run: func(_ site, args []value) (value, error) {
		if len(args) == 1 {
			return subtract(int64(0), args[0])
		}
		return reduce(subtract, args[0], args[1:])
	}},
	{name: "/", least: 1, most: -1, run: func(_ site, args []value) (value, error) {
		if len(args) == 1 {
			return divide(int64(1), args[0])
		}
		return reduce(divide, args[0], args[1:])
	}},
	{name: "quotient", least: 2, most: 2, run: whole(func(a, b int64) int64 { return a / b })},
	{name: "remainder", least: 2, most: 2, run: whole(func(a, b int64) int64 { return a % b })},
	{name: "modulo", least: 2, most: 2, run: whole(func(a, b int64) int64 {
		r := a % b
		if r != 0 && (r < 0) != (b < 0) {
			r += b
		}
		return r
	})},
	{name: "abs", least: 1, most: 1, run: func(_ site, args []value) (value, error) {
		order, err := compare(args[0], int64(0))
		if err != nil || order >= 0 {
			return args[0], err
		}
		return subtract(int64(0), args[0])
	}},
	{name: "max", least: 1, most: -1, run: extreme(1)},
	{name: "min", least: 1, most: -1, run: extreme(-1)},
	ordered("=", func(order int) bool { return order == 0 }),
	ordered("<", func(order int) bool { return order < 0 }),
	ordered(">", func(order int) bool { return order > 0 }),
	ordered("<=", func(order int) bool { return order <= 0 }),
	ordered(">=", func(order int) bool { return order >= 0 }),
	sign("zero?", func(order int) bool { return order == 0 }),
	sign("positive?", func(order int) bool { return order > 0 }),
	sign("negative?", func(order int) bool { return order < 0 }),
	parity("even?", 0),
	parity("odd?", 1),
	predicate("integer?", func(v value) bool {
		x, isFloat := v.(float64)
		return is[int64](v) || isFloat && x == math.Trunc(x)
	}),
}

var (
	errOverflow = errors.New("the number is too large for the model")
	errZero     = errors.New("it divides by zero")
)

// float takes a number.
func float(v value) (float64, error) {
	switch v := v.(type) {
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	}
	return 0, mistaken(v, "number")
}

// floats takes two numbers.
func floats(a, b value) (x, y float64, err error) {
	if x, err = float(a); err == nil {
		y, err = float(b)
	}
	return x, y, err
}

// ints takes two whole numbers; false: they are something else.
func ints(a, b value) (m, n int64, ok bool) {
	m, first := a.(int64)
	n, second := b.(int64)
	return m, n, first && second
}

func reduce(step func(a, b value) (value, error), v value, args []value) (value, error) {
	for _, arg := range args {
		var err error
		if v, err = step(v, arg); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func add(a, b value) (value, error) {
	if m, n, ok := ints(a, b); ok {
		if r := m + n; (r > m) == (n > 0) {
			return r, nil
		}
		return nil, errOverflow
	}
	x, y, err := floats(a, b)
	return x + y, err
}

func subtract(a, b value) (value, error) {
	if m, n, ok := ints(a, b); ok {
		if r := m - n; (r < m) == (n > 0) {
			return r, nil
		}
		return nil, errOverflow
	}
	x, y, err := floats(a, b)
	return x - y, err
}

func multiply(a, b value) (value, error) {
	if m, n, ok := ints(a, b); ok {
		r := m * n
		if m == 0 || r/m == n && (m != -1 || n != math.MinInt64) {
			return r, nil
		}
		return nil, errOverflow
	}
	x, y, err := floats(a, b)
	return x * y, err
}

// divide gives a whole number where there is one.
func divide(a, b value) (value, error) {
	x, y, err := floats(a, b)
	if err != nil {
		return nil, err
	}
	if y == 0 {
		return nil, errZero
	}
	if m, n, ok := ints(a, b); ok && m%n == 0 {
		return multiply(m/n, int64(1))
	}
	return x / y, nil
}

// whole calculates with two whole numbers, of which the second is not 0.
func whole(do func(a, b int64) int64) func(site, []value) (value, error) {
	return func(_ site, args []value) (value, error) {
		for _, arg := range args {
			if !is[int64](arg) {
				return nil, mistaken(arg, "whole number")
			}
		}
		m, n, _ := ints(args[0], args[1])
		switch {
		case n == 0:
			return nil, errZero
		case m == math.MinInt64 && n == -1:
			return nil, errOverflow
		}
		return do(m, n), nil
	}
}

// compare orders two numbers.
func compare(a, b value) (int, error) {
	if m, n, ok := ints(a, b); ok {
		return cmp.Compare(m, n), nil
	}
	x, y, err := floats(a, b)
	return cmp.Compare(x, y), err
}

func ordered(name string, test func(order int) bool) builtin {
	return builtin{name: name, least: 2, most: -1, run: func(_ site, args []value) (value, error) {
		all := true
		for i := range args[1:] {
			order, err := compare(args[i], args[i+1])
			if err != nil {
				return nil, err
			}
			all = all && test(order)
		}
		return all, nil
	}}
}

func extreme(wanted int) func(site, []value) (value, error) {
	return func(_ site, args []value) (value, error) {
		best := args[0]
		rough := false
		for _, arg := range args {
			order, err := compare(arg, best)
			if err != nil {
				return nil, err
			}
			if order == wanted {
				best = arg
			}
			rough = rough || is[float64](arg)
		}
		if rough {
			return float(best)
		}
		return best, nil
	}
}

func sign(name string, test func(order int) bool) builtin {
	return builtin{name: name, least: 1, most: 1, run: func(_ site, args []value) (value, error) {
		order, err := compare(args[0], int64(0))
		return test(order), err
	}}
}

func parity(name string, wanted int64) builtin {
	return builtin{name: name, least: 1, most: 1, run: func(_ site, args []value) (value, error) {
		n, ok := args[0].(int64)
		if !ok {
			return nil, mistaken(args[0], "whole number")
		}
		return n&1 == wanted, nil
	}}
}
