//go:build unix && (darwin || seatbelt_fake)

package worker_test

import "testing"

// Nor is what makes it a probe's process, or one that looks.
func TestStrangerToProbes(t *testing.T) {
	for key, value := range map[string]string{"RTGEN_PROBE_FD": "0", "RTGEN_WATCH": "1"} {
		t.Run(key, func(t *testing.T) { refusesStrangers(t, key, value) })
	}
}
