package libsystem

import "runtime"

// A function of <IOKit/kext/KextManager.h>.
var kextManagerCopyLoadedKextInfo = newFunction(ioKit, "KextManagerCopyLoadedKextInfo")

// LoadedKext asks the kernel about an extension that is loaded.
type LoadedKext struct {
	bundle, bundles cfObject // the id, and the array of it
}

// NewLoadedKext gets what Query needs. Release it.
func NewLoadedKext(bundleID string) (*LoadedKext, error) {
	err := findObjects()
	if err == nil {
		err = findAll(kextManagerCopyLoadedKextInfo)
	}
	if err != nil {
		return nil, err
	}
	callbacks, err := coreFoundation.symbol("kCFTypeArrayCallBacks") // a struct
	if err != nil {
		return nil, err
	}
	k := &LoadedKext{}
	if k.bundle, err = newCFString(bundleID); err != nil {
		return nil, err
	}
	values := new(cfObject)
	*values = k.bundle
	array, _, err := cfArrayCreate.call(0, addressOf(values), 1, callbacks)
	runtime.KeepAlive(values)
	k.bundles = cfObject(array)
	if err != nil {
		k.Release()
		return nil, err
	}
	return k, nil
}

// Query reports whether the kernel answered, and whether the answer has the
// extension.
func (k *LoadedKext) Query() (answered, loaded bool, err error) {
	const everyKey = 0
	info, _, err := kextManagerCopyLoadedKextInfo.call(uintptr(k.bundles), everyKey)
	if err != nil || info == 0 {
		return false, false, err
	}
	defer cfObject(info).release()
	entry, _, err := cfDictionaryGetValue.call(info, uintptr(k.bundle))
	return true, entry != 0, err
}

// Release gives back what NewLoadedKext took.
func (k *LoadedKext) Release() {
	k.bundles.release()
	k.bundle.release()
}
