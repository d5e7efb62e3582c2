package reporters

// What the tests must reach inside.
var Collect = collect
