package worker_test

import (
	"testing"
	"time"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// A watch that takes as long as it may leaves a worker the time for the rest.
func TestLongest(t *testing.T) {
	const limit = time.Second
	plain := (&worker.Canary{Limit: limit}).Longest()
	if plain <= limit {
		t.Errorf("a canary of %v may take the worker %v", limit, plain)
	}
	for _, tt := range []struct {
		operation, driver string
		want              time.Duration
	}{
		{"file-read*", "", plain},
		{"no-such-operation", "", plain},
		{"distributed-notification-post", attempt.CheckDriver, plain},
		{"distributed-notification-post", "", plain + attempt.WatchLimit(2*time.Second)},
		{"user-preference-write", "", plain + attempt.WatchLimit(2*time.Second)},
	} {
		own := worker.OwnProcess{Attempt: attempt.Request{Operation: tt.operation, Driver: tt.driver}, Limit: limit}
		if got := own.Longest(); got != tt.want {
			t.Errorf("%s by %q may take %v, want %v", tt.operation, tt.driver, got, tt.want)
		}
	}
}
