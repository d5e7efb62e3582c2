package contract

import (
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// ReturnOfCheck is the kind of a sandbox_check's Return.
const ReturnOfCheck = op.ReturnCheck

// KindReturn is the failure kind of a call that said by its Return what came of
// it.
const KindReturn = op.KindReturn

// Returned is the decision that a call of macOS gave by its Return, empty for
// none.
func Returned(r *artifact.Return) string {
	decision, _ := seatbelt.Classify(op.Result{
		Call:   r.Kind, // that it was made
		Return: (*op.Return)(r),
	})
	return decision
}
