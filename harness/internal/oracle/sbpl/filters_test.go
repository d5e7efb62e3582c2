package sbpl

import (
	"strings"
	"testing"
)

func TestKnown(t *testing.T) {
	for name, want := range map[string]bool{
		"literal": true, "subpath": true, "prefix": true, "regex": true, "require-not": true,
		"global-name": true, "global-name-prefix": true, "sysctl-name-regex": true, "remote": true,
		"file-mode": true, "debug-mode": true, "entitlement-is-present": true, "privilege-id": true,
		"allow": false, "string-append": false, "": false, "literally": false,
	} {
		if got := known(name); got != want {
			t.Errorf("known(%q) = %v, want %v", name, got, want)
		}
	}
}

// TestFilters asks about one filter at a time: whether it matches, and where it
// is not known, why.
func TestFilters(t *testing.T) {
	path := func(path string) subject { return pathSubject(path, "") }
	tmp := path("/private/tmp/Foo")
	for filter, rows := range map[string][]struct {
		s    subject
		want truth
		why  string
	}{
		`(literal "/private/tmp/Foo")`:               {{tmp, yes, ""}, {path("/private/tmp"), no, ""}, {path("/private/tmp/Foo/x"), no, ""}, {path("/private/tmp/foo"), maybe, otherCase}},
		`(literal "/private/tmp/Foo/")`:              {{tmp, maybe, slashAtEnd}, {path("/private/tmp"), no, ""}},
		`(literal "/a/../b")`:                        {{path("/b"), no, ""}},
		`(literal "")`:                               {{path("/"), no, ""}},
		`(literal "/")`:                              {{path("/"), yes, ""}, {tmp, no, ""}},
		`(path "/x")`:                                {{path("/x"), yes, ""}},
		`(subpath "/private/tmp")`:                   {{tmp, yes, ""}, {path("/private/tmp"), yes, ""}, {path("/private/tmpx"), no, ""}, {path("/private"), no, ""}, {path("/PRIVATE/tmp/x"), maybe, otherCase}},
		`(subpath "/private/tmp/")`:                  {{tmp, maybe, slashAtEnd}, {path("/private/tmp"), maybe, slashAtEnd}, {path("/private/tmpx"), no, ""}},
		`(subpath "/")`:                              {{tmp, yes, ""}, {path("/"), yes, ""}},
		`(subpath "")`:                               {{tmp, maybe, emptyPath}},
		`(subpath "private")`:                        {{tmp, no, ""}},
		`(prefix "/private/tmp/F")`:                  {{tmp, yes, ""}, {path("/private/tmp"), no, ""}},
		`(prefix "/private/tmp/")`:                   {{tmp, yes, ""}, {path("/private/tmp"), no, ""}},
		`(regex #"^/private/tmp/[A-Z]")`:             {{tmp, yes, ""}, {path("/x/private/tmp/F"), no, ""}, {path("/private/tmp/foo"), maybe, otherCase}},
		`(regex #"/tmp/")`:                           {{tmp, yes, ""}, {path("/tmp"), no, ""}},
		`(regex "^/private/.*o$")`:                   {{tmp, yes, ""}, {path("/private/x"), no, ""}},
		`(regex #"^/a{2}")`:                          {{tmp, maybe, "a bare {"}},
		`(regex #"\d")`:                              {{tmp, maybe, `\d in a regular expression`}},
		`(literal 5)`:                                {{tmp, maybe, "literal takes strings"}},
		`(literal)`:                                  {{tmp, maybe, "literal"}},
		`(literal "/x" (literal "/y"))`:              {{tmp, maybe, "literal"}},
		`(require-not (literal "/x"))`:               {{tmp, yes, ""}, {path("/x"), no, ""}, {path("/X"), maybe, otherCase}},
		`(require-not (literal "/x") (prefix "/"))`:  {{tmp, maybe, "several"}},
		`(require-any)`:                              {{tmp, maybe, "without a filter"}},
		`(require-any (literal "/x") (file-mode 1))`: {{path("/x"), yes, ""}, {tmp, maybe, "what mode the file has"}},
		`(require-all (literal "/x") (file-mode 1))`: {{path("/x"), maybe, "what mode the file has"}, {tmp, no, ""}},
		`(require-not (require-all (literal "/x") (file-mode 1)))`:               {{path("/x"), maybe, "what mode the file has"}, {tmp, yes, ""}},
		`(require-all (file-mode 1) (require-not (file-mode 1)))`:                {{tmp, maybe, "what mode the file has"}},
		`(require-any (require-all (subpath "/") (prefix "/x")) (literal "/y"))`: {{path("/y"), yes, ""}, {path("/xy"), yes, ""}, {tmp, no, ""}},
		`(require-all "/x")`:                       {{tmp, maybe, "takes filters"}},
		`(vnode-type SYMLINK)`:                     {{tmp, no, ""}, {pathSubject("/tmp", "SYMLINK"), yes, ""}},
		`(vnode-type REGULAR-FILE DIRECTORY)`:      {{tmp, maybe, "what kind of file"}, {pathSubject("/tmp", "SYMLINK"), no, ""}, {path("/"), yes, ""}},
		`(vnode-type HAT)`:                         {{tmp, maybe, "vnode-type has no HAT"}},
		`(extension "com.apple.app-sandbox.read")`: {{tmp, maybe, "which sandbox extensions"}},
		`(process-name "x")`:                       {{tmp, maybe, "what the process is called"}},
		`(signing-identifier "x")`:                 {{tmp, maybe, "how the process is signed"}},
		`(debug-mode)`:                             {{tmp, maybe, "debug mode"}},
		`(privilege-id 4)`:                         {{tmp, maybe, "which privilege"}},
		`(ioctl-command 4)`:                        {{tmp, maybe, "no facts for the filter ioctl-command"}},
		`(global-name "x")`:                        {{tmp, no, ""}, {nameSubject("global-name", "x"), yes, ""}, {nameSubject("global-name", "X"), no, ""}, {nameSubject("local-name", "x"), no, ""}},
		`(global-name 5)`:                          {{tmp, maybe, "takes strings"}},
		`(local-name-prefix "x.")`:                 {{nameSubject("local-name", "x.y"), yes, ""}, {nameSubject("local-name", "x"), no, ""}},
		`(ipc-posix-name-regex #"^/?x$")`:          {{nameSubject("ipc-posix-name", "x"), yes, ""}, {nameSubject("ipc-posix-name", "/x"), yes, ""}},
		`(ipc-posix-name "/x")`:                    {{subject{space: "ipc-posix-name", name: "x", slash: true}, maybe, "a slash at its front"}},
		`(target self)`:                            {{tmp, no, ""}, {subject{process: "self"}, yes, ""}, {subject{process: "child"}, no, ""}, {subject{process: "12"}, maybe, "what process"}},
		`(target everybody)`:                       {{subject{process: "self"}, maybe, "everybody"}},
		`(remote ip "*:80" "*:81")`:                {{subject{addr: &endpoint{v4: yes, port: 81}, side: "remote"}, yes, ""}, {subject{addr: &endpoint{v4: yes, port: 82}, side: "remote"}, no, ""}, {tmp, no, ""}},
		`(remote ip "*:80:81")`:                    {{subject{addr: &endpoint{v4: yes, port: 80}, side: "remote"}, maybe, "no address that Seatbelt takes"}},
		`(remote ip)`:                              {{subject{addr: &endpoint{v4: yes, port: 80}, side: "remote"}, yes, ""}, {subject{addr: &endpoint{v4: yes, port: 80}, side: "local"}, maybe, "other end"}},
		`(local ip "*:*")`:                         {{subject{addr: &endpoint{v4: yes, port: 80}, side: "remote"}, yes, ""}},
		`(local ip "*:80")`:                        {{subject{addr: &endpoint{v4: yes, port: 80}, side: "remote"}, maybe, "other end"}},
		`(local ip6 "*:80")`:                       {{subject{addr: &endpoint{v4: yes, port: 80}, side: "remote"}, no, ""}},
		`(remote ax25 "*:80")`:                     {{tmp, maybe, "remote takes no ax25"}},
		`(remote)`:                                 {{tmp, maybe, "without a protocol"}},
		`(remote tcp "*:*")`:                       {{subject{addr: &endpoint{v4: yes}, side: "remote"}, maybe, "address"}},
		`(remote unix-socket)`:                     {{tmp, no, ""}, {subject{path: "/s", key: "/s", side: "remote"}, yes, ""}},
		`(remote unix-socket (subpath "/r"))`:      {{subject{path: "/r/s", key: "/r/s", side: "remote"}, yes, ""}, {subject{path: "/s", key: "/s", side: "remote"}, no, ""}, {subject{path: "/r/s", key: "/r/s", side: "local"}, maybe, "other end"}},
		`(socket-type SOCK_STREAM)`:                {{subject{side: "remote"}, maybe, "how the socket was made"}},
	} {
		p, faults := Compile(Source{File: "f.sb", Text: "(version 1)\n(allow file* network* mach* " + filter + ")"})
		if len(faults) > 0 || len(p.Rules()) != 1 {
			t.Errorf("%s: %d rules, faults %v", filter, len(p.Rules()), faults)
			continue
		}
		for _, row := range rows {
			got, doubt := p.Rules()[0].Filter.match(&row.s)
			switch {
			case got != row.want:
				t.Errorf("%s of %+v: %d, want %d", filter, row.s, got, row.want)
			case got != maybe:
			case doubt == nil || doubt.Line != 2 || doubt.File != "f.sb" || doubt.Form == "" || !strings.Contains(doubt.Why, row.why):
				t.Errorf("%s of %+v: doubt %+v, want %q", filter, row.s, doubt, row.why)
			}
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	for target, want := range map[string]*endpoint{
		"127.0.0.1:80":          {v4: yes, loopback: yes, port: 80},
		"127.0.0.2:80":          {v4: yes, loopback: maybe, port: 80},
		"0.0.0.0:1":             {v4: yes, loopback: maybe, port: 1},
		"10.0.0.1:65535":        {v4: yes, loopback: no, port: 65535},
		"[::1]:80":              {v6: yes, loopback: yes, port: 80},
		"[2001:db8::1]:443":     {v6: yes, loopback: no, port: 443},
		"[::ffff:127.0.0.1]:80": {v6: yes, loopback: maybe, port: 80},
		"localhost:80":          {v4: maybe, v6: maybe, loopback: yes, port: 80},
		"example.com:80":        {v4: maybe, v6: maybe, loopback: maybe, port: 80},
		"":                      nil, ":80": nil, "x": nil, "x:y": nil, "x:65536": nil, "*:80": nil, "x:-1": nil, "[x]:1": nil, "a:b:1": nil,
	} {
		got, ok := parseEndpoint(target, "")
		if ok != (want != nil) || ok && *got != *want {
			t.Errorf("parseEndpoint(%q) = %+v, %v, want %+v", target, got, ok, want)
		}
	}
}
