//go:build darwin || seatbelt_fake

package seatbelt

var (
	ipcPreparers     = map[key]preparer{}
	processPreparers = map[key]preparer{}
	netPreparers     = map[key]preparer{}
)
