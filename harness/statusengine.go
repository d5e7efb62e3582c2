package harness

import (
	"context"
	"errors"
	"os"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// checkLandlock measures: layers on a throwaway thread, enforcement by the
// canary.
func checkLandlock() (SelfCheck, []Engine) {
	self := SelfCheck{Source: layerCount, Layers: new(int)}
	engine := Engine{Mode: ModeLandlock}
	if _, err := landlock.ABI(); err != nil {
		engine.Reason = err.Error()
		return self, []Engine{engine}
	}
	layers, err := landlock.Layers()
	if err != nil {
		self.Error = err.Error()
	}
	*self.Layers, self.Sandboxed = layers, layers > 0
	if self.Sandboxed {
		self.RC = 1
	}
	err = landlock.Canary(os.TempDir())
	var canary *landlock.CanaryError
	switch {
	case err == nil:
		engine.Available = true
	case errors.As(err, &canary):
		engine.Reason = canary.Error()
	default:
		engine.Reason = err.Error()
	}
	return self, []Engine{engine}
}

// checkSeatbelt asks about this process, and has enforcement seen by the canary,
// which takes a process of its own.
func checkSeatbelt() (SelfCheck, []Engine) {
	self := SelfCheck{Source: sandboxCheck}
	confined, err := seatbelt.Confined()
	switch {
	case err != nil:
		self.RC, self.Error = -1, err.Error()
	case confined:
		self.RC, self.Sandboxed = 1, true
	}
	text, blob := Engine{Mode: ModeSBPL}, Engine{Mode: ModeBlob}
	if err := seatbeltCanary(); err != nil {
		text.Reason, blob.Reason = err.Error(), err.Error()
		return self, []Engine{text, blob}
	}
	text.Available = true
	// No compiled profile holds for every version of macOS, so none can be tried
	// that was not made here.
	if _, err := seatbelt.Compile("(version 1)\n(allow default)\n", nil); err != nil {
		blob.Reason = "a compiled profile could not be made to try: " + err.Error()
	} else {
		blob.Available = true
	}
	return self, []Engine{text, blob}
}

// seatbeltCanary has a worker of its own prove that the engine works here.
func seatbeltCanary() error {
	dir, err := os.MkdirTemp("", "rtgen-status-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.Direct}), func(worker.Hello) error { return nil })
	defer w.Close()
	canary := worker.Canary{Dir: dir, Seatbelt: true, Limit: DefaultProbeTimeout}
	ans, err := w.Do(context.Background(), worker.Request{Canary: &canary}, canary.Longest())
	switch {
	case err != nil:
		return err
	case ans.Err != "":
		return errors.New(ans.Err)
	}
	return nil
}
