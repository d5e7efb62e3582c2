//go:build darwin || seatbelt_fake

package worker

import (
	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

type watch struct{}

func startWatch(attempt.Request) *watch { return nil }
func (*watch) Settle(*op.Result)        {}
