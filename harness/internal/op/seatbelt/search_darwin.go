package seatbelt

import (
	"github.com/rtgen/rtgen/harness/internal/libsystem"
	"github.com/rtgen/rtgen/harness/internal/op"
)

func readySearch() error { return libsystem.ReadySearchFS() }

func searchVolume(path, name string) (call string, matches, errno int) {
	call = op.NewCall("searchfs").Path(path).Raw("{maxmatches=1, commonattr=ATTR_CMN_NAME}").Raw("{...}").
		Raw("0x8000103").Raw("SRCHFS_START|SRCHFS_MATCHDIRS|SRCHFS_MATCHFILES").Raw("{...}").End()
	errno = try(func() (err error) { matches, err = libsystem.SearchFS(path, name); return err })
	return call, matches, errno
}
