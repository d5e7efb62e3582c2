//go:build !unix

package world_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/world"
)

func TestSurveyIsUnsupported(t *testing.T) {
	f, err := world.Survey()
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), runtime.GOOS) {
		t.Errorf("Survey = %+v, %v, want unsupported on %s", f, err, runtime.GOOS)
	}
}
