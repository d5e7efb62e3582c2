package seatbelt

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// lookUpDetails are the details of bootstrap_look_up.
type lookUpDetails struct {
	Operation string `json:"operation"`
	KR        int32  `json:"kr"`
	// ServicePresent is false of a service that nobody has, and null where the
	// answer does not say.
	ServicePresent *bool `json:"service_present"`
}

// lookedUp fills in what bootstrap_look_up gave.
func lookedUp(res *op.Result, operation string, kr int32) {
	d := lookUpDetails{Operation: operation, KR: kr}
	switch kr {
	case 0:
		d.ServicePresent = new(true)
	case bootstrapUnknownService:
		d.ServicePresent = new(false)
	}
	res.Return = bootstrapReturn(kr)
	detail(res, d)
}

func bootstrapReturn(kr int32) *op.Return {
	return &op.Return{Kind: op.ReturnMach, Value: int64(kr), Name: bootstrapName(kr)}
}

// xpcDetails are the details of a message to a Mach service.
type xpcDetails struct {
	Operation    string `json:"operation"`
	Connected    bool   `json:"connected"` // the service was reached
	ReplyPresent bool   `json:"reply_present"`
	ReplyType    string `json:"reply_type"` // "dictionary", "other", "error" or "none"
	XPCError     string `json:"xpc_error,omitempty"`
}

// xpcAnswered fills in what came back over a connection, and reports whether that
// says that the service was looked up. It is also where the service ended the
// connection: there was one.
func xpcAnswered(res *op.Result, operation, replyType, failure string) (reached bool) {
	reached = replyType == "dictionary" || replyType == "other" || failure == "connection_interrupted"
	detail(res, xpcDetails{
		Operation: operation, Connected: reached, ReplyPresent: replyType != "none", ReplyType: replyType, XPCError: failure,
	})
	return reached
}

// ioKitDetails are the details of IOServiceOpen.
type ioKitDetails struct {
	Found  bool   `json:"found"`   // a service of the class
	OpenKR *int32 `json:"open_kr"` // null: nothing was opened
}

// ioOpened fills in what IOServiceOpen gave.
func ioOpened(res *op.Result, r uint32) {
	res.Return = &op.Return{Kind: op.ReturnIOKit, Value: int64(r), Name: ioReturnName(r)}
	detail(res, ioKitDetails{Found: true, OpenKR: new(int32(r))})
}

// ioMissing fills in that there is nothing to open.
func ioMissing(res *op.Result, class string) {
	res.Err = "no IOKit service is of the class " + class + " here"
	detail(res, ioKitDetails{})
}

// postDetails are the details of a notification.
type postDetails struct {
	Operation string  `json:"operation"`
	Status    *uint32 `json:"status,omitempty"` // of notify_post; absent where the call gives none
}

// notified fills in what notify_post gave: 0 says that the post was sent, not that
// it was taken.
func notified(res *op.Result, operation string, status uint32) {
	res.Return = &op.Return{Kind: op.ReturnNotify, Value: int64(status), Name: notifyName(status)}
	if status == 0 {
		res.Return.Undecided = unwatched
	}
	detail(res, postDetails{Operation: operation, Status: &status})
}

// kextDetails are the details of a question about a kernel extension.
type kextDetails struct {
	Operation string `json:"operation"`
	Answered  bool   `json:"answered"`
	Loaded    bool   `json:"loaded"`
}

// kextAnswered fills in what the kernel said of an extension.
func kextAnswered(res *op.Result, operation string, answered, loaded bool) {
	detail(res, kextDetails{Operation: operation, Answered: answered, Loaded: loaded})
	if !loaded {
		why := "the call gave NULL and does not say why"
		if answered {
			why = "the answer does not have the extension: it may not be loaded, or be kept from the process"
		}
		res.Return = &op.Return{Kind: op.ReturnSeen, Undecided: why}
	}
}

// preferenceDetails are the details of calls on a preference domain.
type preferenceDetails struct {
	Operation    string `json:"operation"`
	Keys         *int   `json:"keys,omitempty"`         // that were read
	Synchronized *bool  `json:"synchronized,omitempty"` // what the call said of writing
}

// preferencesRead fills in how many keys were read. None are what comes of a
// domain that may not be read, and of one that is empty.
func preferencesRead(res *op.Result, operation string, keys int) {
	detail(res, preferenceDetails{Operation: operation, Keys: &keys})
	if keys == 0 {
		res.Return = &op.Return{Kind: op.ReturnSeen, Undecided: "no key was read: the domain may be empty, or refused"}
	}
}

// shmDetails are the details of a shared memory object.
type shmDetails struct {
	Operation   string `json:"operation"`
	Name        string `json:"name"`
	FD          int    `json:"fd"` // -1: none
	Errno       int    `json:"errno,omitempty"`
	UnlinkErrno int    `json:"unlink_errno,omitempty"`
}

// unseen is the Return of a call that gives nothing back, before anybody looked.
func unseen() *op.Return { return &op.Return{Kind: op.ReturnSeen, Undecided: unwatched} }

// detail keeps what else an attempt saw.
func detail(res *op.Result, details any) {
	data, err := json.Marshal(details)
	if err != nil {
		panic("bug: details of an attempt: " + err.Error())
	}
	res.Details = data
}
