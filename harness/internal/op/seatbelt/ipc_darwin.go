package seatbelt

import (
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
	"github.com/rtgen/rtgen/harness/internal/op"
)

// lastWords is for what is on its way out of a process that will end when it has
// answered.
const lastWords = 50 * time.Millisecond

func prepareLookUp(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	b, err := libsystem.NewBootstrap()
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) { lookUp(b, req, res) }, nil
}

func lookUp(b *libsystem.Bootstrap, req Request, res *op.Result) {
	kr, err := b.LookUp(req.Target)
	if err != nil {
		res.Err = err.Error()
		return
	}
	res.Call = op.NewCall("bootstrap_look_up").Raw("bootstrap_port").Path(req.Target).End()
	lookedUp(res, req.Operation, kr)
}

// prepareXPC sends a message. An invalid connection comes of a lookup that was
// refused, of a service that nobody has and of one that sends everybody away, and
// many a service never answers a message that says nothing: there a lookup by
// itself tells.
func prepareXPC(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	x, err := libsystem.NewXPC()
	if err != nil {
		return unready(res, err)
	}
	b, err := libsystem.NewBootstrap()
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) {
		reply, err := ask(x, req.Target)
		if err != nil {
			res.Err = err.Error()
			return
		}
		res.Call = op.NewCall("xpc_connection_create_mach_service").Path(req.Target).Raw("NULL").Int(0).End()
		if xpcAnswered(res, req.Operation, reply.Type, reply.Error) {
			return
		}
		kr, err := b.LookUp(req.Target)
		if err != nil {
			res.Err = err.Error()
			return
		}
		res.Return = bootstrapReturn(kr)
	}, nil
}

// replyLimit is how long a service may take to answer. Who waits for longer is left
// to the end of the process.
const replyLimit = 2 * time.Second

func ask(x *libsystem.XPC, service string) (libsystem.XPCReply, error) {
	type answer struct {
		reply libsystem.XPCReply
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		reply, err := x.Ask(service)
		answered <- answer{reply, err}
	}()
	select {
	case a := <-answered:
		return a.reply, a.err
	case <-time.After(replyLimit):
		return libsystem.XPCReply{Type: "none"}, nil
	}
}

// prepareIOKit finds the service, so that what the policy is asked is the opening
// alone. That is two operations, iokit-open-service of the service and then
// iokit-open-user-client of the client that is made for it, and a refusal of either
// comes back as kIOReturnNotPermitted: a profile under which one of them is to
// decide allows the other.
func prepareIOKit(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	service, err := libsystem.MatchIOService(req.Target)
	switch {
	case err != nil:
		return unready(res, err)
	case service == nil:
		ioMissing(res, req.Target)
		return nil, nil
	}
	return func(res *op.Result, _ Announce) {
		r, err := service.Open()
		if err != nil {
			res.Err = err.Error()
			return
		}
		res.Call = op.NewCall("IOServiceOpen").Path(req.Target).Raw("mach_task_self_").Int(0).End()
		ioOpened(res, r)
	}, service.Release
}

// prepareNotification finds the way to notifyd, so that what the policy is asked
// is the post alone: a lookup that is refused is another operation.
func prepareNotification(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	way, err := libsystem.RegisterNotification(token())
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) {
		status, err := libsystem.PostNotification(req.Target)
		if err != nil {
			res.Err = err.Error()
			return
		}
		// notifyd asks the policy of the process that posted, and must find it alive.
		if !way.Flush() {
			time.Sleep(lastWords)
		}
		res.Call = op.NewCall("notify_post").Path(req.Target).End()
		notified(res, req.Operation, status)
	}, way.Cancel
}

func prepareDistributed(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	center, err := libsystem.NewDistributedCenter()
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) {
		if err := center.Post(req.Target, token()); err != nil {
			res.Err = err.Error()
			return
		}
		time.Sleep(lastWords)
		res.Call = op.NewCall("CFNotificationCenterPostNotification").Raw("distributed").Path(req.Target).Path(token()).Raw("NULL").Raw("true").End()
		res.Return = unseen()
		detail(res, postDetails{Operation: req.Operation})
	}, nil
}

// prepareShm removes what bears the name already: what is there is not created.
func prepareShm(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	if err := libsystem.FindSharedMemory(); err != nil {
		return unready(res, err)
	}
	name := "/" + strings.TrimPrefix(req.Target, "/")
	_, _ = libsystem.RemoveSharedMemory(name)
	return func(res *op.Result, _ Announce) {
		fd, errno, err := libsystem.CreateSharedMemory(name)
		if err != nil {
			res.Err = err.Error()
			return
		}
		res.Call = op.NewCall("shm_open").Path(name).Raw("O_RDWR|O_CREAT|O_EXCL").Octal(0o600).End()
		res.Errno = errno
		d := shmDetails{Operation: req.Operation, Name: name, FD: fd, Errno: errno}
		if fd >= 0 {
			unix.Close(fd)
			d.UnlinkErrno, _ = libsystem.RemoveSharedMemory(name)
		}
		detail(res, d)
	}, nil
}

// prepareKext asks for one extension. No answer comes of a refusal, and of other
// things; an answer without it says that it is not loaded, and is what a kernel
// that refuses may give as well.
func prepareKext(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	k, err := libsystem.NewLoadedKext(req.Target)
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) {
		answered, loaded, err := k.Query()
		if err != nil {
			res.Err = err.Error()
			return
		}
		res.Call = op.NewCall("KextManagerCopyLoadedKextInfo").Argv(req.Target).Raw("NULL").End()
		kextAnswered(res, req.Operation, answered, loaded)
	}, k.Release
}

// preparePreferenceRead reads nothing before the policy: what a process once read
// it keeps. What is read may come by another right than user-preference-read: who may
// read the domain's file is served too, and so is who can only reach the file. That
// keys were read is no more than that; what the policy says is asked beside it.
func preparePreferenceRead(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	p, err := libsystem.NewPreferences(req.Target)
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) {
		keys, err := p.Keys()
		if err != nil {
			res.Err = err.Error()
			return
		}
		res.Call = op.NewCall("CFPreferencesCopyKeyList").Path(req.Target).Raw("kCFPreferencesCurrentUser").Raw("kCFPreferencesAnyHost").End()
		preferencesRead(res, req.Operation, keys)
	}, p.Release
}

// preparePreferenceWrite leaves the key for who watches to see and to remove. As with
// reading, a right to the domain's file may serve in place of user-preference-write.
func preparePreferenceWrite(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	p, err := libsystem.NewPreferences(req.Target)
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) {
		synchronized := false
		err := p.Set(token(), token())
		if err == nil {
			synchronized, err = p.Synchronize()
		}
		if err != nil {
			res.Err = err.Error()
			return
		}
		res.Call = op.NewCall("CFPreferencesSetAppValue").Path(token()).Path(token()).Path(req.Target).End()
		res.Return = unseen()
		detail(res, preferenceDetails{Operation: req.Operation, Synchronized: &synchronized})
	}, p.Release
}
