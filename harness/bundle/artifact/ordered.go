package artifact

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Ordered is a JSON object whose keys keep their order.
type Ordered[T any] []Member[T]

// Member is one key of an Ordered with its value.
type Member[T any] struct {
	Key   string
	Value T
}

// Get returns the value of key.
func (o Ordered[T]) Get(key string) (T, bool) {
	for _, m := range o {
		if m.Key == key {
			return m.Value, true
		}
	}
	var zero T
	return zero, false
}

// Keys returns the keys in order.
func (o Ordered[T]) Keys() []string {
	keys := make([]string, len(o))
	for i, m := range o {
		keys[i] = m.Key
	}
	return keys
}

// MarshalJSON writes the members in order; a nil Ordered is an empty object.
func (o Ordered[T]) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	buf.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			buf.WriteByte(',')
		}
		if err := enc.Encode(m.Key); err != nil {
			return nil, err
		}
		buf.WriteByte(':')
		if err := enc.Encode(m.Value); err != nil {
			return nil, fmt.Errorf("%q: %w", m.Key, err)
		}
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// UnmarshalJSON reads an object and refuses a key that comes twice: which of
// the two a reader would see is nobody's promise.
func (o *Ordered[T]) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	switch open, err := dec.Token(); {
	case err != nil:
		return err
	case open == nil: // null leaves the value alone, as encoding/json has it
		return nil
	case open != json.Delim('{'):
		return errors.New("not an object")
	}
	members := Ordered[T]{}
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name := key.(string)
		if seen[name] {
			return fmt.Errorf("key %q comes twice", name)
		}
		seen[name] = true
		var value T
		if err := dec.Decode(&value); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		members = append(members, Member[T]{name, value})
	}
	if _, err := dec.Token(); err != nil {
		return err
	}
	*o = members
	return nil
}
