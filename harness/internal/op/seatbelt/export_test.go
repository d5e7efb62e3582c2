package seatbelt

var (
	KernelNames  = kernelNames
	AttrList     = attrList
	Settable     = settable
	AttrListText = attrListText
	Readable     = readable
)
