package landlock

// InterpreterOf lets tests read a script's first line without a tree.
var InterpreterOf = interpreterOf

// MaxCached lets tests fill a cache.
const MaxCached = maxCached
