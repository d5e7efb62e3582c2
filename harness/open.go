package harness

import (
	"github.com/rtgen/rtgen/harness/bundle"
)

// RunBundle is a run folder that was read back.
type RunBundle = bundle.Bundle

// UnverifiedBundle is a run folder that nobody vouches for.
type UnverifiedBundle = bundle.Unverified

// RunWitness is how a run listened to the kernel's audit log.
type RunWitness = bundle.Witness

// ValidationResult lists everything wrong with a bundle.
type ValidationResult = bundle.Validation

// IntegrityError says that evidence is bad, as opposed to unreadable.
type IntegrityError = bundle.IntegrityError

// PromotionPacket is the one file that consumers of evidence read.
type PromotionPacket = bundle.Packet

// NotPromotableError says why a bundle may not be relied on.
type NotPromotableError = bundle.NotPromotableError

// LoadBundle reads the bundle at path, an out folder followed through LATEST or
// a run folder, and refuses it unless every byte is what the index says.
func LoadBundle(path string) (*RunBundle, error) { return bundle.Load(path) }

// OpenBundleUnverified reads a bundle for looking at. Nothing it gives may be
// relied on.
func OpenBundleUnverified(path string) (*UnverifiedBundle, error) { return bundle.OpenUnverified(path) }

// ValidateBundle lists all that is wrong with the bundle at path. The error
// means that it could not be checked.
func ValidateBundle(path string) (*ValidationResult, error) { return bundle.Validate(path) }

// ValidateBundleDeep is ValidateBundle, and reads the documents too: each must be
// one, of this run, and all must agree on what was observed.
func ValidateBundleDeep(path string) (*ValidationResult, error) { return bundle.ValidateDeep(path) }

// EmitPromotionPacket verifies the bundle at path and writes its packet to out,
// and beside it, with .intoto.json for .json, what an unsigned in-toto Statement
// can say of the run. With requirePromotable a bundle that may not be relied on
// is a *NotPromotableError, and nothing is written.
func EmitPromotionPacket(path, out string, requirePromotable bool) (*PromotionPacket, error) {
	return bundle.Emit(path, out, requirePromotable)
}

// PacketVerification lists everything wrong with a packet.
type PacketVerification = bundle.PacketVerification

// VerifyPacket compares the packet at path with the bundle it points to: whether
// it is still what EmitPromotionPacket writes for that bundle. Paths of a packet
// of the reference system are relative to root; with an empty root, to the
// packet's folder, as those of other packets always are. The error means that it
// could not be checked.
func VerifyPacket(path, root string) (*PacketVerification, error) {
	return bundle.VerifyPacket(path, root)
}

// ReindexResult is what ReindexBundle did.
type ReindexResult = bundle.ReindexResult

// What became of the index.
const (
	ReindexOK        = bundle.ReindexOK        // strict: the bundle loads
	ReindexRepaired  = bundle.ReindexRepaired  // written anew
	ReindexUnchanged = bundle.ReindexUnchanged // it says already what a repair would
)

// ReindexBundle compares the index of the bundle at path with the files it
// names. Without repair a bundle that does not verify is an *IntegrityError.
// With repair the index is written anew after the files as they are, a log says
// what it said before, and the bundle is never promotable again.
func ReindexBundle(path string, repair bool) (*ReindexResult, error) {
	return bundle.Reindex(path, repair)
}
