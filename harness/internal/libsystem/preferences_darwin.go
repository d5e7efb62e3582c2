package libsystem

// Functions of <CoreFoundation/CFPreferences.h>.
var (
	cfPreferencesCopyKeyList    = newFunction(coreFoundation, "CFPreferencesCopyKeyList")
	cfPreferencesCopyAppValue   = newFunction(coreFoundation, "CFPreferencesCopyAppValue")
	cfPreferencesSetAppValue    = newFunction(coreFoundation, "CFPreferencesSetAppValue")
	cfPreferencesAppSynchronize = newFunction(coreFoundation, "CFPreferencesAppSynchronize")
)

// Preferences are those of the user in one domain.
type Preferences struct {
	domain          cfObject
	user, everyHost cfObject // constants
}

// NewPreferences gets what the methods need. Release it.
func NewPreferences(domain string) (*Preferences, error) {
	err := findObjects()
	if err == nil {
		err = findAll(cfPreferencesCopyKeyList, cfPreferencesCopyAppValue, cfPreferencesSetAppValue, cfPreferencesAppSynchronize)
	}
	if err != nil {
		return nil, err
	}
	p := &Preferences{}
	if p.user, err = cfConstant(coreFoundation, "kCFPreferencesCurrentUser"); err != nil {
		return nil, err
	}
	if p.everyHost, err = cfConstant(coreFoundation, "kCFPreferencesAnyHost"); err != nil {
		return nil, err
	}
	if p.domain, err = newCFString(domain); err != nil {
		return nil, err
	}
	return p, nil
}

// Release gives back what NewPreferences took.
func (p *Preferences) Release() { p.domain.release() }

// Keys counts the keys of the domain. None are what comes also of one that cannot
// be read.
func (p *Preferences) Keys() (int, error) {
	list, _, err := cfPreferencesCopyKeyList.call(uintptr(p.domain), uintptr(p.user), uintptr(p.everyHost))
	if err != nil || list == 0 {
		return 0, err
	}
	defer cfObject(list).release()
	n, _, err := cfArrayGetCount.call(list)
	return int(n), err
}

// Holds reports whether a key has that text.
func (p *Preferences) Holds(key, text string) (bool, error) {
	strings, release, err := newCFStrings(key, text)
	if err != nil {
		return false, err
	}
	defer release()
	value, _, err := cfPreferencesCopyAppValue.call(uintptr(strings[0]), uintptr(p.domain))
	if err != nil || value == 0 {
		return false, err
	}
	defer cfObject(value).release()
	return cfObject(value).equal(strings[1]), nil
}

// Set gives a key a text, here and not yet where others see it.
func (p *Preferences) Set(key, text string) error {
	strings, release, err := newCFStrings(key, text)
	if err != nil {
		return err
	}
	defer release()
	_, _, err = cfPreferencesSetAppValue.call(uintptr(strings[0]), uintptr(strings[1]), uintptr(p.domain))
	return err
}

// Remove takes a key away, here and not yet where others see it.
func (p *Preferences) Remove(key string) error {
	name, err := newCFString(key)
	if err != nil {
		return err
	}
	defer name.release()
	_, _, err = cfPreferencesSetAppValue.call(uintptr(name), 0, uintptr(p.domain))
	return err
}

// Synchronize writes what was set and reads what others wrote, and reports what
// the call says of that.
func (p *Preferences) Synchronize() (bool, error) {
	ok, _, err := cfPreferencesAppSynchronize.call(uintptr(p.domain))
	return err == nil && truth(ok), err
}
