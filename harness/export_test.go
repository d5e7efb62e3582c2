package harness

import "github.com/rtgen/rtgen/harness/internal/world"

// What the tests must reach inside.
var (
	Identifier = identifier
	DidYouMean = didYouMean
)

// ParseCapability reads a capability and gives what says why a host lacks it.
func ParseCapability(text string) (missing func(world.Facts) string, err error) {
	c, err := parseCapability(text)
	return c.Missing, err
}
