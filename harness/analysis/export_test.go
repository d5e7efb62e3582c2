package analysis

var (
	ReplaceFile = replaceFile
	ParseLinks  = parseLinks
)
