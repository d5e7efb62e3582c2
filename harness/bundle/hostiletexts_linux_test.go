package bundle_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// hostileTexts are what JSON, or what calls itself that, can say in two ways.
func hostileTexts() []hostile {
	keys := map[string]string{ // a key and a text value of each document
		bundle.IndexFile: `"world_id": "`, bundle.StatusFile: `"plan_id": "`,
		artifact.RuntimeEventsFile: `"probe_name": "`,
	}
	tricks := map[string]func(text, key string) string{
		"byte_order_mark": func(text, _ string) string { return "\xef\xbb\xbf" + text },
		"utf16": func(text, _ string) string {
			return "\xff\xfe" + strings.Join(strings.Split(text, ""), "\x00") + "\x00"
		},
		"nul_bytes":     func(text, _ string) string { return text + "\x00" },
		"empty":         func(string, string) string { return "" },
		"torn":          func(text, _ string) string { return text[:len(text)/2] },
		"null":          func(string, string) string { return "null" },
		"other_kind":    func(string, string) string { return `"x"` },
		"trailing_data": func(text, _ string) string { return text + "{}" },
		"deep": func(text, key string) string {
			return strings.Replace(text, key, `"x": `+strings.Repeat("[", 100_000)+`, `+key, 1)
		},
		"deep_and_whole": func(text, key string) string {
			return strings.Replace(text, key, `"x": `+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+`, `+key, 1)
		},
		"key_twice":           func(text, key string) string { return strings.Replace(text, key, key+`x", `+key, 1) },
		"key_twice_beneath":   func(text, key string) string { return strings.Replace(text, key, `"x": [{"a": 1, "a": 2}], `+key, 1) },
		"key_by_case":         func(text, key string) string { return strings.Replace(text, key, strings.ToUpper(key), 1) },
		"key_twice_by_case":   func(text, key string) string { return strings.Replace(text, key, strings.ToUpper(key)+`x", `+key, 1) },
		"key_unknown":         func(text, key string) string { return strings.Replace(text, key, `"x": {"A": 1, "a": 1}, `+key, 1) },
		"invalid_utf8":        func(text, key string) string { return strings.Replace(text, key, key+"\xff", 1) },
		"invalid_utf8_in_key": func(text, key string) string { return strings.Replace(text, key, "\"x\xff\": 1, "+key, 1) },
		"surrogate_utf8":      func(text, key string) string { return strings.Replace(text, key, key+"\xed\xa0\x80", 1) },
		"half_surrogate":      func(text, key string) string { return strings.Replace(text, key, key+`\ud800`, 1) },
		"number_without_limit": func(text, key string) string {
			return strings.Replace(text, key, `"x": `+strings.Repeat("1", 10_000)+`, `+key, 1)
		},
	}
	var cases []hostile
	for _, trick := range slices.Sorted(maps.Keys(tricks)) {
		for _, file := range slices.Sorted(maps.Keys(keys)) {
			cases = append(cases, in("text_"+trick+"/"+file, func(t *testing.T, dir string) {
				old := read(t, dir, file)
				text := tricks[trick](old, keys[file])
				if text == old {
					t.Fatal("nothing changed")
				}
				put(t, text, dir, file)
				if file != bundle.IndexFile {
					sealAnew(t, dir)
				}
			}))
		}
	}
	return cases
}

func hostileIDs() []hostile {
	var cases []hostile
	for _, c := range []struct{ name, id string }{
		{"empty", ""}, {"dotdot", ".."}, {"slash", "a/b"}, {"out", "../r1"}, {"backslash", `a\\b`}, {"latest", "LATEST"}, {"latest_by_case", "Latest"},
		{"hidden", ".r1"}, {"newline", `r1\nr2`}, {"control", `r\u0001`}, {"escape_sequence", `\u001b[2J`}, {"beyond_ascii", "r\u00e9"}, {"replacement", `r\ufffd`},
		{"long", strings.Repeat("r", 10_000)},
	} {
		cases = append(cases,
			textIn("run_id_"+c.name, bundle.IndexFile, `"run_id": "r1"`, `"run_id": "`+c.id+`"`),
			in("profile_id_"+c.name, func(t *testing.T, dir string) {
				for _, name := range []string{artifact.ExpectedMatrixFile, artifact.RuntimeResultsFile, artifact.RuntimeEventsFile, artifact.BaselineResultsFile} {
					put(t, strings.ReplaceAll(read(t, dir, name), theProfile, c.id), dir, name)
				}
				sealAnew(t, dir)
			}))
	}
	return append(cases, textIn("world_id_control", bundle.IndexFile, linuxWorld, `linux-\u001b[2J`))
}
