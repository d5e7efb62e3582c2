package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel/printed"
)

// check looks whether an assumption holds: saw is one line of what was seen. An
// error says what was seen instead or, as an *uncheckedError, why nothing was.
type check func() (saw string, err error)

// An uncheckedError means that what a check rests on is missing: whether the
// assumption holds is as unknown as it was.
type uncheckedError struct{ why string }

func (e *uncheckedError) Error() string { return "could not be checked: " + e.why }

func unchecked(format string, args ...any) error {
	return &uncheckedError{strings.TrimPrefix(fmt.Sprintf(format, args...), "could not be checked: ")}
}

// verdict is what came of a check.
type verdict string

const (
	holds      verdict = "holds"
	fails      verdict = "fails"
	notChecked verdict = "not_checked"
)

// outcome is what the process of a check reports.
type outcome struct {
	Verdict verdict `json:"verdict"`
	Saw     string  `json:"saw"` // one line: what was seen, or why nothing was
}

func outcomeOf(saw string, err error) outcome {
	o := outcome{holds, saw}
	if err != nil {
		o = outcome{fails, err.Error()}
		if missing := (*uncheckedError)(nil); errors.As(err, &missing) {
			o.Verdict = notChecked
		}
	}
	o.Saw = strings.Join(strings.Fields(o.Saw), " ")
	return o
}

// The variables of a check's process: which assumption it is to check, and the
// folder that all checks share.
const (
	envCheck  = "RTGEN_SELFCHECK"
	envShared = "RTGEN_SELFCHECK_DIR"
)

// answerFD is where ExtraFiles puts the first descriptor.
const answerFD = 3

// shared is the folder that all checks share, in a check's process.
var shared string

// answer makes a check in this process and reports to the one that started it.
func answer(c check) int {
	shared = os.Getenv(envShared)
	os.Unsetenv(envCheck)
	os.Unsetenv(envShared)
	syscall.CloseOnExec(answerFD) // what the check starts has no business with it
	if err := json.NewEncoder(os.NewFile(answerFD, "answer")).Encode(try(c)); err != nil {
		fmt.Fprintf(os.Stderr, "macselfcheck: %s is not for people, unset it: %v\n", envCheck, err)
		return 3
	}
	return 0
}

func try(c check) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = outcomeOf("", unchecked("panic: %v", p))
		}
	}()
	if c == nil {
		return outcomeOf("", unchecked("this build has no check of it"))
	}
	return outcomeOf(c())
}

// wordsKept is how much is kept of what a check's process prints beside its
// answer, such as the account of a crash.
const wordsKept = 4 << 10

// alone has a process of its own, this program again, check the assumption, and
// ends it at the limit.
func alone(a assumption, dir string, limit time.Duration) outcome {
	exe, err := os.Executable()
	if err != nil {
		return outcomeOf("", unchecked("find this program: %v", err))
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return outcomeOf("", unchecked("%v", err))
	}
	defer reader.Close()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	words := &printed.Opening{Limit: wordsKept}
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), envCheck+"="+a.ID, envShared+"="+dir)
	cmd.ExtraFiles, cmd.Stdout, cmd.Stderr = []*os.File{writer}, words, words
	cmd.WaitDelay = time.Second // for what the process started and left
	ended := cmd.Run()
	writer.Close()
	var o outcome
	_ = reader.SetReadDeadline(time.Now().Add(time.Second))
	if err := json.NewDecoder(reader).Decode(&o); err == nil {
		return o
	}
	switch {
	case ctx.Err() != nil:
		return outcomeOf("", fmt.Errorf("the check gave no answer within %v and was ended", limit))
	case ended == nil:
		ended = errors.New("exit status 0")
	}
	return outcomeOf("", fmt.Errorf("the check ended without an answer: %w: %s", ended, printed.FirstLine([]byte(words.String()))))
}
