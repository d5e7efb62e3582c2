package libsystem

import (
	"errors"
	"sync"
	"time"

	"github.com/ebitengine/purego"
)

// Functions of <CoreFoundation/CFNotificationCenter.h> and CFRunLoop.h.
var (
	cfDistributedCenter   = newFunction(coreFoundation, "CFNotificationCenterGetDistributedCenter")
	cfPostNotification    = newFunction(coreFoundation, "CFNotificationCenterPostNotification")
	cfAddObserver         = newFunction(coreFoundation, "CFNotificationCenterAddObserver")
	cfRemoveEveryObserver = newFunction(coreFoundation, "CFNotificationCenterRemoveEveryObserver")
	cfRunLoopRunInMode    = newFunction(coreFoundation, "CFRunLoopRunInMode")
)

const (
	deliverAtOnce = 4 // CFNotificationSuspensionBehaviorDeliverImmediately
	runFinished   = 1 // kCFRunLoopRunFinished
)

// DistributedCenter is the notification center of all programs of a login session.
type DistributedCenter struct {
	center uintptr
	mode   cfObject // kCFRunLoopDefaultMode
	run    func(mode uintptr, seconds float64, returnAfterSource bool) int32

	observed uintptr // the last number given to an observer
}

// NewDistributedCenter gets what the methods need.
func NewDistributedCenter() (*DistributedCenter, error) {
	err := findObjects()
	if err == nil {
		err = findAll(cfDistributedCenter, cfPostNotification, cfAddObserver, cfRemoveEveryObserver)
	}
	if err != nil {
		return nil, err
	}
	d := &DistributedCenter{}
	if d.mode, err = cfConstant(coreFoundation, "kCFRunLoopDefaultMode"); err != nil {
		return nil, err
	}
	run, err := cfRunLoopRunInMode.find()
	if err != nil {
		return nil, err
	}
	// It takes a double, which travels in a register of its own kind.
	purego.RegisterFunc(&d.run, run)
	if d.center, _, err = cfDistributedCenter.call(); err == nil && d.center == 0 {
		err = errors.New("CFNotificationCenterGetDistributedCenter: there is none here")
	}
	return d, err
}

// Post sends a name with an object to all who observe it. The call says nothing of
// what came of it.
func (d *DistributedCenter) Post(name, object string) error {
	strings, release, err := newCFStrings(name, object)
	if err != nil {
		return err
	}
	defer release()
	const noInfo, atOnce = 0, 1
	_, _, err = cfPostNotification.call(d.center, uintptr(strings[0]), uintptr(strings[1]), noInfo, atOnce)
	return err
}

// Observe asks for a name with an object; Seen of the number tells of it.
func (d *DistributedCenter) Observe(name, object string) (observer uintptr, err error) {
	strings, release, err := newCFStrings(name, object)
	if err != nil {
		return 0, err
	}
	defer release()
	d.observed++
	_, _, err = cfAddObserver.call(d.center, d.observed, onNotification(), uintptr(strings[0]), uintptr(strings[1]), deliverAtOnce)
	return d.observed, err
}

// Forget ends what Observe asked for.
func (d *DistributedCenter) Forget(observer uintptr) {
	_, _, _ = cfRemoveEveryObserver.call(d.center, observer)
}

// Seen waits until the observer was told, at most for the limit. Notifications are
// delivered to the run loop of the main thread: no other may wait.
func (d *DistributedCenter) Seen(observer uintptr, limit time.Duration) bool {
	const slice = 20 * time.Millisecond
	for end := time.Now().Add(limit); ; {
		if told.has(observer) {
			return true
		}
		left := time.Until(end)
		if left <= 0 {
			return false
		}
		if start := time.Now(); d.run(uintptr(d.mode), min(left, slice).Seconds(), true) == runFinished {
			// Nothing is waited for in a run loop without sources.
			time.Sleep(min(left, slice) - time.Since(start))
		}
	}
}

// told has the observers that were told.
var told observers

type observers struct {
	mu   sync.Mutex
	seen map[uintptr]bool
}

func (o *observers) has(observer uintptr) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen[observer]
}

func (o *observers) add(observer uintptr) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen == nil {
		o.seen = map[uintptr]bool{}
	}
	o.seen[observer] = true
}

// onNotification is a CFNotificationCallback, made once: callbacks are never freed.
var onNotification = sync.OnceValue(func() uintptr {
	return purego.NewCallback(func(center, observer, name, object, info uintptr) { told.add(observer) })
})
