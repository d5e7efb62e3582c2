//go:build !unix

package bundle

// openFlags is empty where open has no such flag.
const openFlags = 0
