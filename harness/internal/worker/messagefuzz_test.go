package worker_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// FuzzMessages holds that an answer arrives as it was sent, zeros behind pointers
// too, and that what one end understood of any message is what it would send
// itself.
func FuzzMessages(f *testing.F) {
	messages := []func() any{
		func() any { return new(worker.Request) }, func() any { return new(worker.Answer) }, func() any { return new(worker.Hello) },
	}
	for i, seeds := range [][]any{
		{
			worker.Request{Seq: 1, Nonce: 1<<64 - 1, Canary: &worker.Canary{Dir: "/tmp/x"}},
			worker.Request{Own: &worker.OwnProcess{
				Policy:  &seatbelt.Policy{Text: "(version 1)\n", Parameters: map[string]string{"A": ""}, Blob: []byte{0, 0xff}},
				Attempt: attempt.Request{Operation: "file-read*", Target: "/tmp"}, Ask: []seatbelt.Question{{FilterType: 1}}, Limit: 1,
			}},
			worker.Request{Probe: &worker.Probe{Op: op.Request{Op: "fs.read_file", Target: "/é\x00\n<&>"}, Policy: &worker.Policy{Layers: []landlock.Ruleset{{}}}}},
		},
		{
			worker.Answer{Seq: 2, Result: &op.Result{ExitCode: new(int), Stdout: "\u2028"}, Apply: &worker.Apply{Errno: 1}, Started: 1766981933.6185238},
			worker.Answer{
				Callouts: []seatbelt.Answer{{RC: -1}}, Bootstrap: &worker.Bootstrap{Program: "/x"}, Lost: &worker.Lost{TimedOut: true},
				Result: &op.Result{Return: &op.Return{Kind: op.ReturnCheck}, Details: json.RawMessage(`{"rc":0}`)},
			},
			worker.Answer{Err: "no"},
		},
		{worker.Hello{PID: 1, Layers: 16, Descriptors: []worker.Descriptor{{FD: 3, To: "pipe:[1]"}}}},
	} {
		for _, seed := range seeds {
			data, err := json.Marshal(seed)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(i), data, "out\n", 0)
		}
		f.Add(byte(i), []byte(`{"Probe":{"Policy":{"Layers":[]}},"Result":{"exit_code":0},"Apply":null}`), "\x00", -9)
	}
	f.Fuzz(func(t *testing.T, which byte, text []byte, output string, code int) {
		output = strings.ToValidUTF8(output, "?")
		sent := worker.Answer{
			Seq: code, Nonce: uint64(code), Err: output, Apply: &worker.Apply{API: output, Errno: code, Layers: code, Skipped: []string{output}},
			Result: &op.Result{Syscall: output, Errno: code, ExitCode: &code, Stdout: output, Stderr: output, Err: output},
		}
		var arrives worker.Answer
		if data, err := json.Marshal(sent); err != nil || json.Unmarshal(data, &arrives) != nil {
			t.Fatalf("%+v does not arrive: %v", sent, err)
		}
		if diff := cmp.Diff(sent, arrives, cmpopts.IgnoreUnexported(op.Result{})); diff != "" {
			t.Fatalf("an answer (-sent +arrives):\n%s", diff)
		}
		blank := messages[int(which)%len(messages)]
		pass := func(data []byte) ([]byte, error) {
			v := blank()
			if err := json.Unmarshal(data, v); err != nil {
				return nil, err
			}
			passed, err := json.Marshal(v)
			if err != nil {
				t.Fatalf("what was understood cannot be sent: %v", err)
			}
			return passed, nil
		}
		once, err := pass(text)
		if err != nil {
			return
		}
		twice, err := pass(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("sent %q, and of it %q, %v", once, twice, err)
		}
	})
}
