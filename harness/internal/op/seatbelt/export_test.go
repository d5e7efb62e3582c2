package seatbelt

var KernelNames = kernelNames
