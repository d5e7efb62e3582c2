//go:build darwin || seatbelt_fake

package seatbelt

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

func watchable() string { return "" }

// init takes over a process that StartWatch started. As in every init, the main
// goroutine has the main thread.
func init() {
	if os.Getenv(envWatch) == "" {
		return
	}
	if os.Args[0] != watchArgv0 {
		// Whatever comes in would be waited for.
		fmt.Fprintf(os.Stderr, "rtgen watch: started as %q, which is no watch's name: unset %s, it is not for people\n", os.Args[0], envWatch)
		os.Exit(3)
	}
	if err := watch(json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintf(os.Stderr, "rtgen watch: unset %s, it is not for people: %v\n", envWatch, err)
		os.Exit(3)
	}
	os.Exit(0)
}

// watcher is ready to see one effect.
type watcher struct {
	see  func(limit time.Duration) (bool, error)
	done func() // gives back what it took, and undoes what the attempt did
}

// watch takes two orders: a request to watch for, and how long to look.
func watch(orders *json.Decoder, reports *json.Encoder) error {
	var req Request
	if err := orders.Decode(&req); err != nil {
		return err
	}
	w, err := newWatcher(req)
	if err != nil {
		return reports.Encode(watchReport{Err: err.Error()})
	}
	defer w.done()
	if err := reports.Encode(watchReport{}); err != nil {
		return err
	}
	var limit time.Duration
	if err := orders.Decode(&limit); err != nil {
		return nil // nobody asks any more
	}
	report := watchReport{}
	if report.Seen, err = w.see(limit); err != nil {
		report.Err = err.Error()
	}
	return reports.Encode(report)
}
