package channel_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/channel"
)

type resolution struct {
	name        string
	want        channel.Name
	unavailable bool
	fault       string
}

func TestResolve(t *testing.T) {
	for _, tt := range append(resolved, []resolution{
		{name: "", want: channel.Direct},
		{name: "direct", want: channel.Direct},
		{name: "spawn_clean", want: channel.SpawnClean},
		{name: "systemd_clean", unavailable: true, fault: `"systemd_clean" is not offered on this host`},
		{name: "Direct", fault: `unknown channel "Direct", use one of direct, spawn_clean, `},
	}...) {
		t.Run("name="+tt.name, func(t *testing.T) {
			got, err := channel.Resolve(tt.name)
			if got != tt.want || (err == nil) != (tt.fault == "") {
				t.Fatalf("Resolve = %q, %v", got, err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("error %q, want %q in it", err, tt.fault)
			}
			if errors.Is(err, channel.ErrUnavailable) != tt.unavailable {
				t.Errorf("error %v is ErrUnavailable: %v", err, !tt.unavailable)
			}
		})
	}
}
