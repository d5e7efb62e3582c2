package op

// Distance is distance, for its test.
var Distance = distance
