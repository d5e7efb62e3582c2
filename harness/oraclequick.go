package harness

// quickQuestion reads a question as nearly all of a batch are: keys that a
// question has, each once, and strings of ASCII without escapes. It leaves every
// other line, and every line with a fault, to ParseOracleQuestion, which takes
// several times as long.
func quickQuestion(line []byte) (q OracleQuestion, ok bool) {
	s := quickScanner{rest: string(line)}
	seen := 0
	ok = s.object(func(key string) bool {
		bit, text, pairs := q.member(key)
		if bit == 0 || seen&bit != 0 {
			return false
		}
		seen |= bit
		switch {
		case s.null():
			return bit != bitOperation
		case pairs != nil:
			return s.pairs(pairs)
		}
		*text, ok = s.text()
		return ok && (*text != "" || bit&(bitProfile|bitText|bitOperation) == 0)
	})
	policies := (q.Profile != "") != (q.ProfileText != "")
	return q, ok && s.ended() && policies && seen&bitOperation != 0 && seen&bitTarget != 0
}

// Members that a question needs, or has one of.
const (
	bitProfile = 1 << iota
	bitText
	bitOperation
	bitTarget
)

// member is where a key's value goes, and a bit of its own; 0 for a key that no
// question has.
func (q *OracleQuestion) member(key string) (bit int, text *string, pairs *map[string]string) {
	switch key {
	case "profile":
		return bitProfile, &q.Profile, nil
	case "profile_text":
		return bitText, &q.ProfileText, nil
	case "operation":
		return bitOperation, &q.Operation, nil
	case "target":
		return bitTarget, &q.Target, nil
	case "syscall":
		return 1 << 4, &q.Syscall, nil
	case "filter_name":
		return 1 << 5, &q.FilterName, nil
	case "world":
		return 1 << 6, &q.World, nil
	case "source":
		return 1 << 7, &q.Source, nil
	case "symlinks":
		return 1 << 8, nil, &q.Symlinks
	case "params":
		return 1 << 9, nil, &q.Params
	}
	return 0, nil, nil
}

// quickScanner reads JSON from the front of a text. What it reads is false where
// the text is not of the kind it knows.
type quickScanner struct{ rest string }

func (s *quickScanner) space() {
	for s.rest != "" && (s.rest[0] == ' ' || s.rest[0] == '\t' || s.rest[0] == '\r' || s.rest[0] == '\n') {
		s.rest = s.rest[1:]
	}
}

func (s *quickScanner) ended() bool {
	s.space()
	return s.rest == ""
}

func (s *quickScanner) take(token string) bool {
	s.space()
	if len(s.rest) < len(token) || s.rest[:len(token)] != token {
		return false
	}
	s.rest = s.rest[len(token):]
	return true
}

func (s *quickScanner) null() bool { return s.take("null") }

func (s *quickScanner) text() (string, bool) {
	if !s.take(`"`) {
		return "", false
	}
	for i := range len(s.rest) {
		switch c := s.rest[i]; {
		case c == '"':
			text := s.rest[:i]
			s.rest = s.rest[i+1:]
			return text, true
		case c < ' ', c > '~', c == '\\':
			return "", false
		}
	}
	return "", false
}

// object reads an object whose members value reads, told the key of each.
func (s *quickScanner) object(value func(key string) bool) bool {
	if !s.take("{") {
		return false
	}
	if s.take("}") {
		return true
	}
	for {
		key, ok := s.text()
		if !ok || !s.take(":") || !value(key) {
			return false
		}
		if s.take("}") {
			return true
		}
		if !s.take(",") {
			return false
		}
	}
}

// pairs reads an object of texts.
func (s *quickScanner) pairs(into *map[string]string) bool {
	return s.object(func(key string) bool {
		if *into == nil {
			*into = make(map[string]string)
		}
		_, twice := (*into)[key]
		text, ok := s.text()
		(*into)[key] = text
		return ok && !twice
	})
}
