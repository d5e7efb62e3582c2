package analysis

var ReplaceFile = replaceFile
