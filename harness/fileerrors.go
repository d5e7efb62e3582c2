package harness

import (
	"errors"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// fileErrors collects the faults of several profile texts, as those of any
// other data file. A text that stands in two layers, or in two profiles, has its
// faults once.
type fileErrors struct {
	files []*DataError
	other []error
}

func (e *fileErrors) add(err error) {
	var several interface{ Unwrap() []error }
	var one *landlock.FileError
	var data *DataError
	switch {
	case err == nil:
	case errors.As(err, &several):
		for _, err := range several.Unwrap() {
			e.add(err)
		}
	case errors.As(err, &one):
		for _, f := range one.Faults {
			e.fault(one.File, f)
		}
	case errors.As(err, &data):
		for _, f := range data.Faults {
			e.fault(data.File, f)
		}
	default:
		e.other = append(e.other, err)
	}
}

func (e *fileErrors) fault(file string, f Fault) {
	i := slices.IndexFunc(e.files, func(d *DataError) bool { return d.File == file })
	if i < 0 {
		i = len(e.files)
		e.files = append(e.files, &DataError{File: file})
	}
	if d := e.files[i]; !slices.Contains(d.Faults, f) {
		d.Faults = append(d.Faults, f)
	}
}

func (e *fileErrors) err() error {
	var errs []error
	for _, d := range e.files {
		errs = append(errs, dataError(d.File, d.Faults))
	}
	if errs = append(errs, e.other...); len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
