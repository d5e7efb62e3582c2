package landlock

import "runtime"

// Throwaway runs fn on an operating-system thread of its own and returns when
// fn has. The thread is never used again: fn may restrict it for good.
//
// The Go runtime ends a thread whose goroutine returns while locked to it, and
// starts new threads for a locked goroutine from a template thread that never
// ran user code, so nothing fn does to its thread reaches another. The main
// thread is avoided: the runtime would park it instead of ending it, and the
// kernel takes it as the whole process when it checks signals and ptrace.
func Throwaway(fn func()) {
	done := make(chan struct{})
	go OnThisThread(func() {
		defer close(done)
		fn()
	})
	<-done
}

// OnThisThread is Throwaway for a goroutine of its own, which it must be the
// last thing to do: go OnThisThread(fn).
func OnThisThread(fn func()) {
	runtime.LockOSThread()
	if onMainThread() {
		// While this goroutine holds the main thread, the next one cannot
		// land on it.
		defer runtime.UnlockOSThread()
		Throwaway(fn)
		return
	}
	fn()
}
