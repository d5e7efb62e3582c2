package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// decodeStrictly is decode for a file that somebody hands over: two readers must
// never see two documents in it. Strings are UTF-8 without lone surrogates, no
// object at any depth has two keys that differ in case only, and a key that is
// one of known, by its folded form, is spelled as that.
func decodeStrictly(data []byte, v any, known map[string]string) error {
	if !utf8.Valid(data) {
		return errors.New("not UTF-8")
	}
	plain, err := canon.Transcode(data, canon.TightSorted)
	if err != nil {
		return err
	}
	if hasLoneSurrogate(plain) {
		return errors.New("a string with half a surrogate pair")
	}
	if len(plain) == 0 || plain[0] != '{' {
		return errors.New("want a JSON object")
	}
	if err := checkKeys(json.NewDecoder(bytes.NewReader(data)), known); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// checkKeys reads one value.
func checkKeys(dec *json.Decoder, known map[string]string) error {
	open, err := dec.Token()
	if err != nil {
		return err
	}
	switch open {
	case json.Delim('['):
		for dec.More() {
			if err := checkKeys(dec, known); err != nil {
				return err
			}
		}
		_, err = dec.Token()
	case json.Delim('{'):
		seen := map[string]string{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			name := key.(string)
			folded := fold(name)
			if first, ok := seen[folded]; ok {
				return fmt.Errorf("keys %.80q and %.80q differ in case only", first, name)
			}
			seen[folded] = name
			if want, ok := known[folded]; ok && name != want {
				return fmt.Errorf("key %.80q: write it %s", name, want)
			}
			if err := checkKeys(dec, known); err != nil {
				return err
			}
		}
		_, err = dec.Token()
	}
	return err
}

// fold joins what encoding/json takes for one key. ToUpper first: it joins the
// letters that fold together but keep different lower-case forms, as ſ and s do.
func fold(key string) string { return strings.ToLower(strings.ToUpper(key)) }

// hasLoneSurrogate looks through text that canon wrote, where each of them has
// its escape.
func hasLoneSurrogate(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		if text[i] != 'u' {
			continue
		}
		high := bytes.HasPrefix(text[i+1:], []byte("d8")) || bytes.HasPrefix(text[i+1:], []byte("d9")) ||
			bytes.HasPrefix(text[i+1:], []byte("da")) || bytes.HasPrefix(text[i+1:], []byte("db"))
		low := !high && text[i+1] == 'd' && text[i+2] >= 'c'
		switch {
		case low:
			return true
		case high:
			rest := text[i+5:]
			if !(bytes.HasPrefix(rest, []byte(`\ud`)) && rest[3] >= 'c') {
				return true
			}
			i += 6
		}
		i += 4
	}
	return false
}

// The keys that a packet and a statement give meaning to, by their folded form.
var (
	packetKeys    = keysOf(map[string]string{}, reflect.TypeFor[Packet]())
	statementKeys = keysOf(map[string]string{}, reflect.TypeFor[statement]())
)

// keysOf adds the keys of t, and of what it holds, to keys.
func keysOf(keys map[string]string, t reflect.Type) map[string]string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		return keysOf(keys, t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			if tag != "" {
				keys[fold(tag)] = tag
				keysOf(keys, t.Field(i).Type)
			}
		}
	}
	return keys
}
