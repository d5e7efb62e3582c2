package mapping

import (
	"io"
	"os"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// preparedPaths are the copies of policies that the run made and applied, by profile
// id and as the run names them: where an attempt applied its policy itself there is
// no command that would tell. A run that made no copies has no folder for them, and
// its results are not read for that.
func (s *source) preparedPaths() (map[string]string, error) {
	if s.prepared != nil {
		return s.prepared, nil
	}
	paths := map[string]string{}
	if info, err := os.Stat(filepath.Join(s.bundle.Dir, runtimeProfilesDir)); err != nil || !info.IsDir() || !s.bundle.Has(artifact.RuntimeResultsFile) {
		return paths, nil
	}
	applied := map[string]bool{}
	row := func(id string, p *artifact.ResultsProbe) error {
		if r := p.RuntimeResult.ApplyReport; len(p.Command) == 0 && r != nil && r.RC != nil && *r.RC == 0 {
			applied[id] = true
		}
		return nil
	}
	err := s.bundle.Stream(artifact.RuntimeResultsFile, func(r io.Reader) error {
		return artifact.ReadResults(r, row, func(id string, p *artifact.ResultsProfile) error {
			if applied[id] && p.ProfilePath != nil && p.BaseProfilePath != nil && *p.ProfilePath != *p.BaseProfilePath && artifact.Clean(*p.ProfilePath) {
				paths[id] = *p.ProfilePath
			}
			return nil
		})
	})
	if err != nil {
		return nil, evidence(s, err)
	}
	s.prepared = paths
	return paths, nil
}
