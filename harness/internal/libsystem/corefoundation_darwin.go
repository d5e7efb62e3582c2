package libsystem

import (
	"fmt"
	"runtime"
)

var coreFoundation = newLibrary("/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation")

// Functions of <CoreFoundation/CFBase.h>, CFString.h, CFArray.h and CFDictionary.h.
var (
	cfRelease                 = newFunction(coreFoundation, "CFRelease")
	cfEqual                   = newFunction(coreFoundation, "CFEqual")
	cfStringCreateWithCString = newFunction(coreFoundation, "CFStringCreateWithCString")
	cfArrayCreate             = newFunction(coreFoundation, "CFArrayCreate")
	cfArrayGetCount           = newFunction(coreFoundation, "CFArrayGetCount")
	cfDictionaryGetValue      = newFunction(coreFoundation, "CFDictionaryGetValue")
)

const cfStringEncodingUTF8 = 0x08000100 // kCFStringEncodingUTF8

// findObjects looks up what objects of CoreFoundation are made and released with.
func findObjects() error {
	return findAll(cfRelease, cfEqual, cfStringCreateWithCString, cfArrayCreate, cfArrayGetCount, cfDictionaryGetValue)
}

// cfObject is a reference to an object of CoreFoundation; 0 is none.
type cfObject uintptr

// newCFString makes a string that is to be released.
func newCFString(text string) (cfObject, error) {
	bytes := cString(text)
	s, _, err := cfStringCreateWithCString.call(0, pointer(bytes), cfStringEncodingUTF8)
	runtime.KeepAlive(bytes)
	switch {
	case err != nil:
		return 0, err
	case s == 0:
		return 0, fmt.Errorf("CFString of %q: it is no UTF-8", text)
	}
	return cfObject(s), nil
}

// newCFStrings makes a string of each text; release gives them back.
func newCFStrings(texts ...string) (strings []cfObject, release func(), err error) {
	release = func() {
		for _, s := range strings {
			s.release()
		}
	}
	for _, text := range texts {
		s, err := newCFString(text)
		if err != nil {
			release()
			return nil, nil, err
		}
		strings = append(strings, s)
	}
	return strings, release, nil
}

// release does nothing for no object, which CFRelease does not take.
func (o cfObject) release() {
	if o != 0 {
		_, _, _ = cfRelease.call(uintptr(o))
	}
}

func (o cfObject) equal(other cfObject) bool {
	if o == 0 || other == 0 {
		return o == other
	}
	equal, _, err := cfEqual.call(uintptr(o), uintptr(other))
	return err == nil && truth(equal)
}

// cfConstant is an object that a library has a variable for.
func cfConstant(l *library, name string) (cfObject, error) {
	at, err := l.symbol(name)
	if err != nil {
		return 0, err
	}
	return cfObject(valueAt[uintptr](at)), nil
}

// truth reads a Boolean or a bool, which is the low byte of a result.
func truth(result uintptr) bool { return result&0xff != 0 }
