//go:build darwin || seatbelt_fake

package seatbelt

import "github.com/rtgen/rtgen/harness/internal/op"

var (
	filePreparers = map[key]preparer{}
	metaPreparers = map[key]preparer{}
)

func look(*Operation, *Syscall, Request) *op.Sight { return nil }
