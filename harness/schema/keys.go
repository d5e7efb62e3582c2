package schema

import (
	"errors"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// keyNames is propertyNames once more. The validator's own faults of keys share
// the memory of their location with whatever is validated next, and so name
// another place by the time they are read.
var keyNames = &jsonschema.Vocabulary{
	URL: idPrefix + "key-names",
	Compile: func(ctx *jsonschema.CompilerContext, obj map[string]any) (jsonschema.SchemaExt, error) {
		if _, has := obj["propertyNames"]; !has {
			return nil, nil
		}
		return keyRule{ctx.Enqueue([]string{"propertyNames"})}, nil
	},
}

type keyRule struct{ key *jsonschema.Schema }

// Validate implements jsonschema.SchemaExt.
func (r keyRule) Validate(ctx *jsonschema.ValidatorContext, v any) {
	object, _ := v.(map[string]any)
	for key := range object {
		var e *jsonschema.ValidationError
		if errors.As(r.key.Validate(key), &e) {
			ctx.AddErrors([]*jsonschema.ValidationError{e}, &kind.PropertyNames{Property: key})
		}
	}
}

// isLost says whether e is a fault of a key by the validator itself.
func isLost(e *jsonschema.ValidationError) bool {
	return strings.HasSuffix(e.SchemaURL, "/propertyNames")
}
