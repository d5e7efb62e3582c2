package artifact

import "encoding/json"

// Opt is a key that may be absent, null or a value. Its zero value is absent;
// declare the field with omitzero.
type Opt[T any] struct {
	value T
	state optState
}

type optState uint8

const (
	optAbsent optState = iota
	optNull
	optValue
)

// Some is a present value.
func Some[T any](v T) Opt[T] { return Opt[T]{value: v, state: optValue} }

// Null is a key that is present and null.
func Null[T any]() Opt[T] { return Opt[T]{state: optNull} }

// Maybe is null when p is nil, else the value p points to.
func Maybe[T any](p *T) Opt[T] {
	if p == nil {
		return Null[T]()
	}
	return Some(*p)
}

// Get returns the value, and false when the key is absent or null.
func (o Opt[T]) Get() (T, bool) { return o.value, o.state == optValue }

// Ptr returns the value's address, or nil when the key is absent or null.
func (o Opt[T]) Ptr() *T {
	if o.state != optValue {
		return nil
	}
	return &o.value
}

// IsZero reports whether the key is absent.
func (o Opt[T]) IsZero() bool { return o.state == optAbsent }

// MarshalJSON writes the value, or null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if o.state != optValue {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON is called only when the key is there.
func (o *Opt[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*o = Null[T]()
		return nil
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*o = Some(v)
	return nil
}
