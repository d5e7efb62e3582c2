package libsystem

import "runtime"

var ioKit = newLibrary("/System/Library/Frameworks/IOKit.framework/IOKit")

// Functions of <IOKit/IOKitLib.h>.
var (
	ioServiceMatching           = newFunction(ioKit, "IOServiceMatching")
	ioServiceGetMatchingService = newFunction(ioKit, "IOServiceGetMatchingService")
	ioServiceOpen               = newFunction(ioKit, "IOServiceOpen")
	ioServiceClose              = newFunction(ioKit, "IOServiceClose")
	ioObjectRelease             = newFunction(ioKit, "IOObjectRelease")
)

// IOService is a service of the I/O registry.
type IOService struct{ port, task uint32 }

// MatchIOService finds a service of a class, or of one derived from it; nil where
// there is none. What Open needs is at hand then. Release it.
func MatchIOService(class string) (*IOService, error) {
	if err := findAll(ioServiceMatching, ioServiceGetMatchingService, ioServiceOpen, ioServiceClose, ioObjectRelease); err != nil {
		return nil, err
	}
	task, err := taskSelf()
	if err != nil {
		return nil, err
	}
	name := cString(class)
	matching, _, err := ioServiceMatching.call(pointer(name))
	runtime.KeepAlive(name)
	if err != nil || matching == 0 {
		return nil, err
	}
	const mainPortDefault = 0 // kIOMainPortDefault
	// The dictionary is the call's from here: it is released there.
	port, _, err := ioServiceGetMatchingService.call(mainPortDefault, matching)
	if err != nil || uint32(port) == 0 {
		return nil, err
	}
	return &IOService{port: uint32(port), task: task}, nil
}

// Open gives the IOReturn of opening a user client of type 0, which is closed at
// once.
func (s *IOService) Open() (uint32, error) {
	const anyType = 0
	connection := new(uint32) // an io_connect_t
	kr, _, err := ioServiceOpen.call(uintptr(s.port), uintptr(s.task), anyType, addressOf(connection))
	runtime.KeepAlive(connection)
	if err != nil {
		return 0, err
	}
	if *connection != 0 {
		_, _, _ = ioServiceClose.call(uintptr(*connection))
	}
	return uint32(kr), nil
}

// Release gives the service back.
func (s *IOService) Release() { _, _, _ = ioObjectRelease.call(uintptr(s.port)) }
