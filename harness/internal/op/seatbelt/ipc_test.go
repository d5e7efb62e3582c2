package seatbelt

import (
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// What a call gave is read as it should be: what decides, and what is told of it.
func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fill    func(*op.Result)
		decided string // decision, or the kind of what is none
		value   int64
		details string
	}{
		{"service", func(r *op.Result) { lookedUp(r, "mach-lookup", 0) }, op.Allow, 0, `{"operation":"mach-lookup","kr":0,"service_present":true}`},
		{"service refused", func(r *op.Result) { lookedUp(r, "mach-lookup", 1100) }, op.Deny, 1100, `{"operation":"mach-lookup","kr":1100,"service_present":null}`},
		{"service unknown", func(r *op.Result) { lookedUp(r, "mach-lookup", 1102) }, op.KindReturn, 1102, `{"operation":"mach-lookup","kr":1102,"service_present":false}`},
		{"no port to ask", func(r *op.Result) { lookedUp(r, "mach-lookup", 0x10000003) }, op.KindReturn, 0x10000003, `{"operation":"mach-lookup","kr":268435459,"service_present":null}`},

		{"message answered", func(r *op.Result) { xpcAnswered(r, "mach-lookup", "dictionary", "") }, op.Allow, 0, `{"operation":"mach-lookup","connected":true,"reply_present":true,"reply_type":"dictionary"}`},
		{"message interrupted", func(r *op.Result) { xpcAnswered(r, "mach-lookup", "error", "connection_interrupted") }, op.Allow, 0, `{"operation":"mach-lookup","connected":true,"reply_present":true,"reply_type":"error","xpc_error":"connection_interrupted"}`},
		{"message refused", func(r *op.Result) {
			if !xpcAnswered(r, "mach-lookup", "error", "connection_invalid") {
				r.Return = bootstrapReturn(1100)
			}
		}, op.Deny, 1100, `{"operation":"mach-lookup","connected":false,"reply_present":true,"reply_type":"error","xpc_error":"connection_invalid"}`},
		{"message to nobody", func(r *op.Result) {
			if !xpcAnswered(r, "mach-lookup", "none", "connection_create_failed") {
				r.Return = bootstrapReturn(1102)
			}
		}, op.KindReturn, 1102, `{"operation":"mach-lookup","connected":false,"reply_present":false,"reply_type":"none","xpc_error":"connection_create_failed"}`},

		{"opened", func(r *op.Result) { ioOpened(r, 0) }, op.Allow, 0, `{"found":true,"open_kr":0}`},
		{"opening refused", func(r *op.Result) { ioOpened(r, 0xe00002e2) }, op.Deny, 0xe00002e2, `{"found":true,"open_kr":-536870174}`},
		{"nothing opens it", func(r *op.Result) { ioOpened(r, 0xe00002c7) }, op.KindReturn, 0xe00002c7, `{"found":true,"open_kr":-536870201}`},
		{"no such class", func(r *op.Result) { ioMissing(r, "IONothing") }, op.KindError, 0, `{"found":false,"open_kr":null}`},

		{"posted", func(r *op.Result) { notified(r, "darwin-notification-post", 0) }, op.KindReturn, 0, `{"operation":"darwin-notification-post","status":0}`},
		{"post refused", func(r *op.Result) { notified(r, "darwin-notification-post", 7) }, op.Deny, 7, `{"operation":"darwin-notification-post","status":7}`},
		{"no way to post", func(r *op.Result) { notified(r, "darwin-notification-post", 1000000) }, op.KindReturn, 1000000, `{"operation":"darwin-notification-post","status":1000000}`},

		{"extension", func(r *op.Result) { kextAnswered(r, "system-kext-query", true, true) }, op.Allow, 0, `{"operation":"system-kext-query","answered":true,"loaded":true}`},
		{"no extension", func(r *op.Result) { kextAnswered(r, "system-kext-query", true, false) }, op.KindReturn, 0, `{"operation":"system-kext-query","answered":true,"loaded":false}`},
		{"no answer", func(r *op.Result) { kextAnswered(r, "system-kext-query", false, false) }, op.KindReturn, 0, `{"operation":"system-kext-query","answered":false,"loaded":false}`},

		{"keys", func(r *op.Result) { preferencesRead(r, "user-preference-read", 3) }, op.Allow, 0, `{"operation":"user-preference-read","keys":3}`},
		{"no keys", func(r *op.Result) { preferencesRead(r, "user-preference-read", 0) }, op.KindReturn, 0, `{"operation":"user-preference-read","keys":0}`},

		{"shared memory", func(r *op.Result) {
			detail(r, shmDetails{Operation: "ipc-posix-shm-write-create", Name: "/x", FD: -1, Errno: 1})
			r.Errno = 1
		}, op.Deny, 0, `{"operation":"ipc-posix-shm-write-create","name":"/x","fd":-1,"errno":1}`},
		{"nothing", func(*op.Result) {}, op.Allow, 0, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := op.Result{Call: "call"}
			tt.fill(&res)
			decision, kind := Classify(res)
			if decision+kind != tt.decided {
				t.Errorf("decided %q %q, want %q", decision, kind, tt.decided)
			}
			if res.Return != nil && (res.Return.Value != tt.value || res.Return.Kind == "") {
				t.Errorf("return %+v, want the value %d", res.Return, tt.value)
			}
			if string(res.Details) != tt.details {
				t.Errorf("details %s, want %s", res.Details, tt.details)
			}
		})
	}
}
