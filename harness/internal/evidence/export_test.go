package evidence

// DiffersBy is differsBy, for its test.
var DiffersBy = differsBy
