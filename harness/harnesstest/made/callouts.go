package made

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// withCallouts is what writes the document, with the sandbox's answers where the
// format has them: those that no question of ours led to, as the reference system
// has them, package evidence does not take.
func (s *BundleSpec) withCallouts(d evidence.Draft) func(io.Writer) error {
	answers := map[string][]artifact.Callout{}
	s.each(func(_ *Profile, p *Probe) {
		if p.Callouts != nil && p.Asked == nil {
			answers[p.ExpectationID] = p.Callouts
		}
	})
	style := artifact.Indented
	var doc any
	var fill func()
	switch {
	case len(answers) == 0:
		return d.Write
	case d.Name == artifact.RuntimeEventsFile:
		events := new([]artifact.Event)
		style, doc, fill = artifact.IndentedSorted, events, func() {
			for i := range *events {
				e := &(*events)[i]
				if told := answers[e.ExpectationID]; told != nil {
					e.Callouts = told
				}
			}
		}
	case d.Name == artifact.RuntimeResultsFile:
		results := new(artifact.RuntimeResults)
		doc, fill = results, func() {
			for _, profile := range *results {
				for i := range profile.Value.Probes {
					p := &profile.Value.Probes[i]
					if told := answers[p.ExpectationID]; told != nil {
						p.RuntimeResult.Callouts = told
					}
				}
			}
		}
	default:
		return d.Write
	}
	return func(w io.Writer) error {
		var without bytes.Buffer
		if err := d.Write(&without); err != nil {
			return err
		}
		if err := json.Unmarshal(without.Bytes(), doc); err != nil {
			return err
		}
		fill()
		data, err := artifact.Encode(doc, style)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
}
