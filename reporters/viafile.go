package reporters

import "os"

// viaFile is what write puts into a file of its own. Ginkgo's reports only go to
// files, and in place; ours add to them and appear whole or not at all.
func viaFile(write func(path string) error) ([]byte, error) {
	tmp, err := os.CreateTemp("", "rtgen-report-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(tmp.Name())
	if err := tmp.Close(); err != nil {
		return nil, err
	}
	if err := write(tmp.Name()); err != nil {
		return nil, err
	}
	return os.ReadFile(tmp.Name())
}
