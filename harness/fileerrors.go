package harness

import (
	"errors"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// fileErrors collects the faults of several files, of profile texts as of any
// other data. A text that stands in two layers, or in two profiles, has its
// faults once.
type fileErrors struct {
	files []*DataError
	told  map[fileFaultKey]bool
	other []error
}

type fileFaultKey struct {
	file string
	Fault
}

func (e *fileErrors) add(err error) {
	eachError(err, func(err error) {
		var one *landlock.FileError
		var data *DataError
		switch {
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
	})
}

// eachError calls f with every error that err is, or joins.
func eachError(err error, f func(error)) {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range several.Unwrap() {
			eachError(err, f)
		}
	} else if err != nil {
		f(err)
	}
}

func (e *fileErrors) fault(file string, f Fault) {
	key := fileFaultKey{file, f}
	if e.told[key] {
		return
	}
	if e.told == nil {
		e.told = make(map[fileFaultKey]bool)
	}
	e.told[key] = true
	d := e.expect(file)
	d.Faults = append(d.Faults, f)
}

// expect puts a file behind those there are, if it is not among them.
func (e *fileErrors) expect(file string) *DataError {
	i := slices.IndexFunc(e.files, func(d *DataError) bool { return d.File == file })
	if i < 0 {
		i = len(e.files)
		e.files = append(e.files, &DataError{File: file})
	}
	return e.files[i]
}

func (e *fileErrors) err() error {
	var errs []error
	for _, d := range e.files {
		if err := dataError(d.File, d.Faults); err != nil {
			errs = append(errs, err)
		}
	}
	if errs = append(errs, e.other...); len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}
