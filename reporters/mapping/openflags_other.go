//go:build !unix

package mapping

// openFlags is empty where open has no such flag.
const openFlags = 0
