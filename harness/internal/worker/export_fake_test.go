//go:build linux && seatbelt_fake

package worker

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// EnvMisbehave has a probe's process of this test binary misbehave, before its
// init could take it over. Its values are those of the switch in misbehave.
const EnvMisbehave = "WORKER_TEST_PROBE"

// StreamLimit is how much of a stream is kept.
const StreamLimit = streamLimit

var _ = misbehave()

// misbehave is not part of an init: those of a package run after this.
func misbehave() error {
	how, is := os.LookupEnv(EnvMisbehave)
	if !is || os.Getenv(envProbeFD) == "" {
		return nil
	}
	wire := os.NewFile(childFD, "wire")
	say := func(nonce uint64, at stage, ans Answer) {
		ans.Nonce = nonce
		_ = json.NewEncoder(wire).Encode(word{at, ans})
	}
	hear := func() order {
		var o order
		_ = json.NewDecoder(wire).Decode(&o)
		return o
	}
	switch how, arg, _ := strings.Cut(how, " "); how {
	case "say":
		_, _ = wire.WriteString(arg)
		time.Sleep(time.Hour)
	case "flood":
		for {
			if _, err := wire.WriteString(strings.Repeat("x", 1<<16)); err != nil {
				time.Sleep(time.Hour)
			}
		}
	case "deaf": // and takes no order either
		time.Sleep(time.Hour)
	case "hang_up":
		wire.Close()
		time.Sleep(time.Hour)
	case "forge":
		say(hear().Nonce+1, stageDone, Answer{Result: &op.Result{Call: "open()"}})
		time.Sleep(time.Hour)
	case "applied": // and ends as a policy would end it
		say(hear().Nonce, stageReady, Answer{Apply: &Apply{API: "sandbox_init", Layers: 1}})
		hear()
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "announced": // and ends before it became anything
		say(hear().Nonce, stageBecomes, Answer{Result: &op.Result{Call: "execve()"}})
		hear()
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	case "program": // starts and gives no answer
		if os.Getenv(envProbeUnder) == "" {
			return nil
		}
		fmt.Fprintln(os.Stderr, "dyld: no")
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	case "out_of_turn":
		say(hear().Nonce, stageUp, Answer{})
		time.Sleep(time.Hour)
	case "done": // with words left over
		nonce := hear().Nonce
		say(nonce, stageDone, Answer{Result: &op.Result{Call: "open()"}})
		os.Exit(0)
	}
	return nil
}

// Hear takes the words that are the lines of the text as if a process had said
// them, and ended as a program that it became. It gives the stages, how many of
// them were understood, and the answer.
func Hear(text string) (stages []string, understood int, ans Answer) {
	var h hearing
	for line := range strings.Lines(text) {
		var w word
		if json.Unmarshal([]byte(line), &w) != nil {
			break
		}
		stages = append(stages, string(w.Stage))
		if !h.take(&w, &ans) {
			break
		}
		if understood++; h.done {
			break
		}
	}
	c := &child{stdout: &stream{}, stderr: &stream{}}
	c.conclude(h, ending{became: true}, time.Second, &ans)
	return stages, understood, ans
}
