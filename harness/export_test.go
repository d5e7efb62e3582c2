package harness

// What the tests must reach inside.
var (
	Identifier = identifier
	DidYouMean = didYouMean
)
