package differential

import (
	"math/rand/v2"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// MakeUp is a random world that mounts, and is on no disk.
func MakeUp(rng *rand.Rand) *World {
	w := newWorld(rng, "/scratch", "/far", false, oracle.FIFO, oracle.Char, oracle.Block, oracle.Socket)
	addMounts(rng, w)
	return w
}

// Entries is what a world shows.
func (w *World) Entries() []oracle.Entry { return w.entries() }

// Count puts a decision into a coverage.
func (c *Coverage) Count(k Cell, n Count) { *c.cell(k) = n }

// MissingFor is what is missing of the cells of one operation.
func (c *Coverage) MissingFor(op string, abi int) []Cell { return c.missing(aims(abi, nil, op)) }

// NewCoverage is one of nothing.
var NewCoverage = newCoverage

// Candidates lists the cases that are one step smaller.
func Candidates(c *Case) []Case {
	var list []Case
	for n := range candidates(c) {
		list = append(list, n)
	}
	return list
}
