package worker_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// FuzzMessages holds that what one end understood of a message is what it would
// send itself: nothing is lost between the two, zeros behind pointers least of
// all.
func FuzzMessages(f *testing.F) {
	messages := []func() any{
		func() any { return new(worker.Request) }, func() any { return new(worker.Answer) }, func() any { return new(worker.Hello) },
	}
	for i, seeds := range [][]any{
		{
			worker.Request{Seq: 1, Nonce: 1<<64 - 1, Canary: &worker.Canary{Dir: "/tmp/x"}},
			worker.Request{Probe: &worker.Probe{Op: op.Request{Op: "fs.read_file", Target: "/é\x00\n<&>"}, Policy: &worker.Policy{Layers: []landlock.Ruleset{{}}}}},
		},
		{
			worker.Answer{Seq: 2, Result: &op.Result{ExitCode: new(int), Stdout: "\u2028"}, Apply: &worker.Apply{Errno: 1}, Started: 1766981933.6185238},
			worker.Answer{Err: "no"},
		},
		{worker.Hello{PID: 1, Layers: 16, Descriptors: []string{"3"}}},
	} {
		for _, seed := range seeds {
			data, err := json.Marshal(seed)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), data)
		}
		f.Add(byte(i), []byte(`{"Probe":{"Policy":{"Layers":[]}},"Result":{"exit_code":0},"Apply":null}`))
	}
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		blank := messages[int(which)%len(messages)]
		read := func(data []byte) (any, []byte, error) {
			v := blank()
			if err := json.Unmarshal(data, v); err != nil {
				return nil, nil, err
			}
			sent, err := json.Marshal(v)
			if err != nil {
				t.Fatalf("what was understood cannot be sent: %v", err)
			}
			return v, sent, nil
		}
		first, once, err := read(text)
		if err != nil {
			return
		}
		second, twice, err := read(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("sent %q, and of it %q, %v", once, twice, err)
		}
		if a, ok := first.(*worker.Answer); ok {
			b := second.(*worker.Answer)
			if (a.Result == nil) != (b.Result == nil) || (a.Apply == nil) != (b.Apply == nil) || a.Nonce != b.Nonce || a.Seq != b.Seq {
				t.Fatalf("%+v arrives as %+v", a, b)
			}
			if a.Result != nil && (a.Result.ExitCode == nil) != (b.Result.ExitCode == nil) {
				t.Fatalf("exit code of %+v arrives as of %+v", a.Result, b.Result)
			}
		}
	})
}
