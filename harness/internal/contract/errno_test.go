package contract_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness/internal/contract"
)

func TestErrnoName(t *testing.T) {
	for _, tc := range []struct {
		errno                int
		darwin, linux, other string
	}{
		{-6, "", "", ""},
		{0, "", "", ""},
		{1, "EPERM", "EPERM", "EPERM"},
		{11, "EDEADLK", "EAGAIN", ""},
		{13, "EACCES", "EACCES", "EACCES"},
		{34, "ERANGE", "ERANGE", "ERANGE"},
		{35, "EAGAIN", "EDEADLK", ""},
		{41, "EPROTOTYPE", "", ""},
		{45, "ENOTSUP", "EL2NSYNC", ""},
		{58, "ESHUTDOWN", "", ""},
		{61, "ECONNREFUSED", "ENODATA", ""},
		{62, "ELOOP", "ETIME", ""},
		{66, "ENOTEMPTY", "EREMOTE", ""},
		{95, "EMULTIHOP", "ENOTSUP", ""},
		{102, "EOPNOTSUPP", "ENETRESET", ""},
		{106, "EQFULL", "EISCONN", ""},
		{107, "", "ENOTCONN", ""},
		{133, "", "EHWPOISON", ""},
		{134, "", "EFTYPE", ""},
		{135, "", "", ""},
	} {
		for system, want := range map[contract.System]string{
			contract.Darwin: tc.darwin, contract.Linux: tc.linux, contract.Other: tc.other,
		} {
			if got := contract.ErrnoName(system, tc.errno); got != want {
				t.Errorf("%d on %q is %q, want %q", tc.errno, system, got, want)
			}
		}
	}
}

func TestSystemOf(t *testing.T) {
	for id, want := range map[string]contract.System{
		"linux-6.18.0-x86_64-landlock7-425282c6": contract.Linux,
		"ventura-13.0-22A380-x86_64-dyld-00ff00": contract.Darwin,
		"w":                                      contract.Other,
		"":                                       contract.Other,
	} {
		if got := contract.SystemOf(id); got != want {
			t.Errorf("%q is of %q, want %q", id, got, want)
		}
	}
}
