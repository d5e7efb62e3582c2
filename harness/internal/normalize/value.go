package normalize

import "cmp"

func first(values ...string) string { return cmp.Or(values...) }

// value is empty for a null.
func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// orNil is null for a value that says nothing.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func is(b *bool, want bool) bool { return b != nil && *b == want }
