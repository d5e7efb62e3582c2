package analysis

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Divergences is divergence_annotations.json: what people noted about scenarios
// that do not go as expected, in the order in which they did.
type Divergences struct {
	Meta        Meta         `json:"meta"`
	Annotations []Divergence `json:"annotations"`
}

// Divergence is one note.
type Divergence struct {
	WorldID    string   `json:"world_id"`
	OpID       *int     `json:"op_id"`
	Operation  string   `json:"operation"`
	ScenarioID string   `json:"scenario_id"`
	Note       string   `json:"note"`
	Tags       []string `json:"tags"`
}

// LoadDivergences reads a divergence_annotations.json.
func LoadDivergences(file string) (*Divergences, error) {
	d := new(Divergences)
	_, err := loadDocument(file, d.read)
	return d, err
}

func (d *Divergences) read(r *artifact.Reader) error {
	err := readObject(r, map[string]member{
		"meta":        {read: readMeta(r, &d.Meta)},
		"annotations": {read: readList(r, &d.Annotations)},
	})
	if err != nil {
		return err
	}
	for i := range d.Annotations {
		if err := d.Annotations[i].check(d.Meta.WorldID); err != nil {
			return fmt.Errorf("annotation %d: %w", i, err)
		}
	}
	return nil
}

func (a *Divergence) check(world string) error {
	if a.WorldID != world {
		return fmt.Errorf("of world %.140q, in a file of %q", a.WorldID, world)
	}
	if a.Note == "" {
		return errors.New("without a note")
	}
	return errors.Join(artifact.CheckID("operation", a.Operation), artifact.CheckID("scenario_id", a.ScenarioID))
}

// AppendDivergences puts notes behind those in a file of the world, or begins the
// file; none is ever changed or removed. An empty world in a note is the file's.
// The manifest of a cut points to the divergence_annotations.json in its folder
// when the cut is written after it; see PointToDivergences for one that is there.
// Two callers at once may lose notes: let only one append.
func AppendDivergences(file, worldID string, notes ...Divergence) error {
	d, err := LoadDivergences(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d = &Divergences{Meta: NewMeta(worldID), Annotations: []Divergence{}}
	case err != nil:
		return err
	case d.Meta.WorldID != worldID:
		return fmt.Errorf("%s is of world %q, and the notes of %q: keep a file for each", file, d.Meta.WorldID, worldID)
	}
	for i, a := range notes {
		if a.WorldID == "" {
			a.WorldID = worldID
		}
		if a.Tags == nil {
			a.Tags = []string{}
		}
		if err := a.check(worldID); err != nil {
			return fmt.Errorf("note %d: %w", i, err)
		}
		d.Annotations = append(d.Annotations, a)
	}
	return writeDocument(file, func(w *artifact.Writer) { w.Value(d) })
}

// PointToDivergences makes the manifest of the cut in a folder point to a file of
// notes, as place names it.
func PointToDivergences(dir, place string) error {
	file, m := filepath.Join(dir, CutManifestFile), new(CutManifest)
	if _, err := loadDocument(file, m.read); err != nil {
		return err
	}
	m.DivergenceAnnotations = place
	return m.WriteFile(file)
}
