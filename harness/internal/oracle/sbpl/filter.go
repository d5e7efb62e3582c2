package sbpl

// truth is what a filter says of a subject.
type truth uint8

const (
	no truth = iota
	yes
	maybe
)

// and is yes when both are, no when one is.
func (t truth) and(other truth) truth {
	switch {
	case t == no || other == no:
		return no
	case t == yes && other == yes:
		return yes
	}
	return maybe
}

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return maybe
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// Filter is a condition on what an operation is done to.
type Filter interface {
	// match says whether the filter holds, and with maybe, which form is in doubt.
	match(s *subject) (truth, *Doubt)
}

// Arg is one argument of a filter, evaluated.
type Arg struct {
	Place
	Kind   ArgKind
	Text   string // of ArgString, ArgSymbol, ArgNumber and ArgRegex
	Filter Filter // of ArgFilter
}

// ArgKind says what an argument is.
type ArgKind uint8

// The kinds of argument.
const (
	ArgString ArgKind = iota
	ArgSymbol         // self, TCP, REGULAR-FILE
	ArgNumber
	ArgRegex // #"…"
	ArgFilter
	ArgDoubt // what cannot be evaluated: Filter is a Doubtful
)

// Doubtful is a filter that cannot be evaluated: it may hold or not.
type Doubtful struct{ Doubt }

func (d *Doubtful) match(*subject) (truth, *Doubt) { return maybe, &d.Doubt }
