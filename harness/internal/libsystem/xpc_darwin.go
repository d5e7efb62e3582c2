package libsystem

import (
	"runtime"

	"github.com/ebitengine/purego/objc"
)

// Functions of <xpc/xpc.h> and <xpc/connection.h>.
var (
	xpcConnectionCreate = newFunction(system, "xpc_connection_create_mach_service")
	xpcSetEventHandler  = newFunction(system, "xpc_connection_set_event_handler")
	xpcResume           = newFunction(system, "xpc_connection_resume")
	xpcSendWithReply    = newFunction(system, "xpc_connection_send_message_with_reply_sync")
	xpcCancel           = newFunction(system, "xpc_connection_cancel")
	xpcDictionaryCreate = newFunction(system, "xpc_dictionary_create")
	xpcGetType          = newFunction(system, "xpc_get_type")
	xpcRelease          = newFunction(system, "xpc_release")
)

// XPCReply is what came back over a connection.
type XPCReply struct {
	Connected bool   // there is a connection, which says nothing of the service
	Type      string // "dictionary", "error", "other", or "none" without a reply
	Error     string // of an error, e.g. "connection_invalid"
}

// XPC has what Ask needs.
type XPC struct {
	dictionary, failure uintptr            // types
	errors              map[uintptr]string // the objects that stand for errors
}

// NewXPC gets what Ask needs.
func NewXPC() (*XPC, error) {
	err := findAll(xpcConnectionCreate, xpcSetEventHandler, xpcResume, xpcSendWithReply, xpcCancel,
		xpcDictionaryCreate, xpcGetType, xpcRelease)
	if err != nil {
		return nil, err
	}
	x := &XPC{errors: map[uintptr]string{}}
	// <xpc/xpc.h> and <xpc/connection.h> make their constants the addresses of these.
	if x.dictionary, err = system.symbol("_xpc_type_dictionary"); err != nil {
		return nil, err
	}
	if x.failure, err = system.symbol("_xpc_type_error"); err != nil {
		return nil, err
	}
	for symbol, name := range map[string]string{
		"_xpc_error_connection_invalid":     "connection_invalid",
		"_xpc_error_connection_interrupted": "connection_interrupted",
		"_xpc_error_termination_imminent":   "termination_imminent",
	} {
		at, err := system.symbol(symbol)
		if err != nil {
			return nil, err
		}
		x.errors[at] = name
	}
	return x, nil
}

// Ask connects to a Mach service, sends an empty dictionary and waits for what
// comes back, for as long as that takes.
func (x *XPC) Ask(service string) (XPCReply, error) {
	reply := XPCReply{Type: "none"}
	name := cString(service)
	const anyQueue, noFlags = 0, 0
	connection, _, err := xpcConnectionCreate.call(pointer(name), anyQueue, noFlags)
	runtime.KeepAlive(name)
	if err != nil {
		return reply, err
	}
	if connection == 0 {
		reply.Error = "connection_create_failed"
		return reply, nil
	}
	reply.Connected = true
	defer func() {
		_, _, _ = xpcCancel.call(connection)
		_, _, _ = xpcRelease.call(connection)
	}()
	// A connection without a handler may not be resumed. What it is told comes as
	// the reply too.
	handler := objc.NewBlock(func(objc.Block, objc.ID) {})
	_, _, _ = xpcSetEventHandler.call(connection, uintptr(handler))
	_, _, _ = xpcResume.call(connection)
	const noKeys, noValues, none = 0, 0, 0
	message, _, err := xpcDictionaryCreate.call(noKeys, noValues, none)
	if err != nil {
		return reply, err
	}
	answer, _, err := xpcSendWithReply.call(connection, message)
	_, _, _ = xpcRelease.call(message)
	if err != nil || answer == 0 {
		return reply, err
	}
	defer func() { _, _, _ = xpcRelease.call(answer) }()
	x.read(answer, &reply)
	return reply, nil
}

func (x *XPC) read(answer uintptr, reply *XPCReply) {
	kind, _, _ := xpcGetType.call(answer)
	switch kind {
	case x.dictionary:
		reply.Type = "dictionary"
	case x.failure:
		reply.Type = "error"
		if reply.Error = x.errors[answer]; reply.Error == "" {
			reply.Error = "unknown"
		}
	default:
		reply.Type = "other"
	}
}
