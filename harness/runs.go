package harness

import (
	"context"
	"errors"

	"github.com/rtgen/rtgen/harness/bundle"
)

// RunList is what lies in an out folder.
type RunList = bundle.RunList

// RunListing is one run folder by its small documents.
type RunListing = bundle.RunListing

// RunStanding is what a run folder is, in one word.
type RunStanding = bundle.Standing

// CollectOptions says which runs CollectRuns leaves, and whether it may remove
// the others.
type CollectOptions = bundle.CollectOptions

// RunCollection is what CollectRuns did, or would do.
type RunCollection = bundle.Collection

// ListRuns lists everything in an out folder that is or was a run, newest first.
// It looks at no digest; RunList.Verify does. An out folder that is not there is
// an *InputError.
func ListRuns(out string) (*RunList, error) {
	list, err := bundle.ListRuns(out)
	return list, asInput(err)
}

// CollectRuns removes old runs from an out folder, or says which it would
// remove. An out folder whose LATEST or packets cannot be read is an
// *IntegrityError, and nothing is removed.
func CollectRuns(ctx context.Context, out string, opts CollectOptions) (*RunCollection, error) {
	c, err := bundle.Collect(ctx, out, opts)
	return c, asInput(err)
}

// asInput makes an error about a request one of this package's.
func asInput(err error) error {
	var request *bundle.RequestError
	if errors.As(err, &request) {
		return &InputError{request.Err}
	}
	return err
}
