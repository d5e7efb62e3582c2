package libsystem

import "runtime"

// Functions of <servers/bootstrap.h> and <mach/mach_port.h>.
var (
	bootstrapLookUp    = newFunction(system, "bootstrap_look_up")
	machPortDeallocate = newFunction(system, "mach_port_deallocate")
)

// Bootstrap finds the services of the calling process's bootstrap namespace.
type Bootstrap struct {
	port uint32 // a mach_port_t
	task uint32
}

// NewBootstrap gets what LookUp needs.
func NewBootstrap() (*Bootstrap, error) {
	if err := findAll(bootstrapLookUp, machPortDeallocate); err != nil {
		return nil, err
	}
	port, err := system.symbol("bootstrap_port") // a variable of libSystem
	if err != nil {
		return nil, err
	}
	task, err := taskSelf()
	if err != nil {
		return nil, err
	}
	return &Bootstrap{port: valueAt[uint32](port), task: task}, nil
}

// LookUp gives the kern_return_t of looking a service up. The port that comes of
// it is given back.
func (b *Bootstrap) LookUp(service string) (int32, error) {
	name, port := cString(service), new(uint32)
	kr, _, err := bootstrapLookUp.call(uintptr(b.port), pointer(name), addressOf(port))
	runtime.KeepAlive(name)
	runtime.KeepAlive(port)
	if err != nil {
		return 0, err
	}
	if *port != 0 {
		_, _, _ = machPortDeallocate.call(uintptr(b.task), uintptr(*port))
	}
	return int32(kr), nil
}

// taskSelf is mach_task_self(), which <mach/mach_init.h> makes of a variable.
func taskSelf() (uint32, error) {
	at, err := system.symbol("mach_task_self_")
	if err != nil {
		return 0, err
	}
	return valueAt[uint32](at), nil
}
