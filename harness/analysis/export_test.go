package analysis

var (
	ReplaceFile = replaceFile
	TraceKeys   = traceKeys
	ParseLinks  = parseLinks
)
