//go:build darwin || seatbelt_fake

package seatbelt

var ipcPreparers = map[key]preparer{}
