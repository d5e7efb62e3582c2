package seatbelt

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// unwatched is why a call that reports no refusal decides nothing by itself.
const unwatched = "the call does not say whether it took effect, and nobody looked"

// Watching reports whether only somebody under no policy can tell what came of an
// attempt at the operation. It says nothing of CheckDriver, which attempts nothing.
func Watching(o *Operation) bool {
	switch o.Name {
	case "darwin-notification-post", "distributed-notification-post", "user-preference-write":
		return true
	}
	return false
}

// Watch looks whether an attempt took effect. The looking is done by a process of
// its own, this program again: it is under no policy, what is kept of preferences
// by a process is fresh in it, and distributed notifications come to the main
// thread alone. It sees only attempts of processes whose parent is its own, and
// one Watch at a time may be open in a process.
type Watch struct {
	cmd     *exec.Cmd
	orders  *os.File
	reports *os.File
	decoder *json.Decoder
}

// envWatch makes a process that is started the one that looks.
const envWatch = "RTGEN_WATCH"

// watchArgv0 is what it is called in lists of processes.
const watchArgv0 = "rtgen-watch"

// watchReport is what the process says when it is ready to look, and when it has.
type watchReport struct {
	Seen bool
	Err  string
}

// The limits of what is quick unless something is wrong: another Watch for
// notifications may be open on the host, and is waited for.
const (
	readyLimit = 10 * time.Second
	watchGrace = 2 * time.Second
)

// WatchLimit is how long a watch may take in all beside the attempt: StartWatch,
// Seen for a time, and Close.
func WatchLimit(seen time.Duration) time.Duration { return readyLimit + seen + 2*watchGrace }

// StartWatch begins to look for what an attempt at the request brings about. Close
// the Watch.
func StartWatch(req Request) (*Watch, error) {
	if text := watchable(); text != "" {
		return nil, errors.New(text)
	}
	w, err := startWatch()
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", req.Operation, err)
	}
	if _, err := w.ask(req, readyLimit); err != nil {
		w.Close()
		return nil, fmt.Errorf("watch %s of %q: %w", req.Operation, req.Target, err)
	}
	return w, nil
}

func startWatch() (*Watch, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	theirOrders, orders, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirOrders.Close()
	reports, theirReports, err := os.Pipe()
	if err != nil {
		orders.Close()
		return nil, err
	}
	defer theirReports.Close()
	w := &Watch{cmd: exec.Command(exe), orders: orders, reports: reports, decoder: json.NewDecoder(reports)}
	w.cmd.Args = []string{watchArgv0}
	w.cmd.Env = append(os.Environ(), envWatch+"=1")
	w.cmd.Stdin, w.cmd.Stdout, w.cmd.Stderr = theirOrders, theirReports, os.Stderr
	if err := w.cmd.Start(); err != nil {
		orders.Close()
		reports.Close()
		return nil, err
	}
	return w, nil
}

// Seen looks until the effect of the attempt was seen, at most for the limit, and
// closes the Watch. It is called when the attempt is over. False without an error
// means that what was done after the attempt was seen and the attempt's effect was
// not: it was refused. An error means that nothing is known.
func (w *Watch) Seen(limit time.Duration) (bool, error) {
	defer w.Close()
	report, err := w.ask(limit, limit+watchGrace)
	return report.Seen, err
}

// Close ends the looking. It must be called when Seen is not, and may be called
// again.
func (w *Watch) Close() {
	if w.cmd == nil {
		return
	}
	w.orders.Close() // which ends the process
	kill := time.AfterFunc(watchGrace, func() { _ = w.cmd.Process.Kill() })
	_ = w.cmd.Wait()
	kill.Stop()
	w.reports.Close()
	w.cmd = nil
}

func (w *Watch) ask(order any, limit time.Duration) (report watchReport, err error) {
	if w.cmd == nil {
		return report, errors.New("the watch is closed")
	}
	if err := json.NewEncoder(w.orders).Encode(order); err != nil {
		return report, fmt.Errorf("the process that looks takes no orders: %w", err)
	}
	if err := w.reports.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return report, err
	}
	if err := w.decoder.Decode(&report); err != nil {
		return report, fmt.Errorf("the process that looks gave no report: %w", err)
	}
	if report.Err != "" {
		err = errors.New(report.Err)
	}
	return report, err
}

// Settle puts together the result of an attempt and what Seen gave, or the error
// of StartWatch. What the attempt says of a refusal by itself stands.
func Settle(res *op.Result, seen bool, err error) {
	switch {
	case res.Err != "" || res.Call == "" || res.Errno != 0:
		return
	case res.Return != nil && res.Return.Value != 0:
		return
	}
	res.Return = &op.Return{Kind: op.ReturnSeen}
	switch {
	case err != nil:
		res.Return.Undecided = err.Error()
	case !seen:
		res.Return.Value = 1
	}
}
