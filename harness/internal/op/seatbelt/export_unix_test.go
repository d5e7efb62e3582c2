//go:build darwin || seatbelt_fake

package seatbelt

var SplitLeaf = splitLeaf
