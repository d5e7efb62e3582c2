package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkBatch answers a batch of 10,000 lines about one policy, from their text
// to the text of the answers.
func BenchmarkBatch(b *testing.B) {
	const lines = 10_000
	for _, model := range []struct {
		name, file, policy string
		questions          []string // operation and target
	}{
		{"landlock", "policy.json", `{"ruleset": [{"handledAccessFs": ["read_file", "read_dir", "write_file", "execute"]}],
			"pathBeneath": [{"allowedAccess": ["read_file", "read_dir", "execute"], "parent": ["/usr", "/etc"]}],
			"netPort": [{"allowedAccess": ["connect_tcp"], "port": [443]}]}`,
			[]string{`"fs.read_file", "target": "/etc/passwd"`, `"fs.write_file", "target": "/etc/passwd"`, `"fs.read_dir", "target": "/usr/lib"`,
				`"net.connect_tcp", "target": "127.0.0.1:443"`, `"fs.execute", "target": "/bin/sh"`}},
		{"sbpl", "policy.sb", `(version 1)(deny default)(allow file-read* (subpath "/usr") (subpath "/private/etc"))(allow file-read-metadata (literal "/etc"))
			(allow file-write* (require-all (subpath "/private/tmp") (require-not (regex #"/\.git(/|$)"))))(allow network-outbound (remote tcp "*:443"))`,
			[]string{`"file-read*", "target": "/etc/passwd"`, `"file-write*", "target": "/private/tmp/.git/config"`, `"file-read-data", "target": "/usr/lib/x"`,
				`"network-outbound", "target": "127.0.0.1:443"`, `"mach-lookup", "target": "com.example.a"`}},
	} {
		b.Run(model.name, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), model.file)
			if err := os.WriteFile(file, []byte(model.policy), 0o644); err != nil {
				b.Fatal(err)
			}
			var text bytes.Buffer
			for i := range lines {
				fmt.Fprintf(&text, `{"profile": %q, "operation": %s, "syscall": null}`+"\n", file, model.questions[i%len(model.questions)])
			}
			for b.Loop() {
				if total, faulty, err := answerBatch(bytes.NewReader(text.Bytes()), io.Discard); total != lines || faulty != 0 || err != nil {
					b.Fatalf("%d lines, %d faulty, %v", total, faulty, err)
				}
			}
			b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "decisions/s")
		})
	}
}
