package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
)

// PlanListing is a plan.json that was found: what it says of itself, or why it
// does not load.
type PlanListing struct {
	PlanID     string `json:"plan_id,omitempty"`
	RegistryID string `json:"registry_id,omitempty"`
	Profiles   int    `json:"profiles,omitempty"` // how many it names, at least one
	Path       string `json:"path"`               // relative to the root, with forward slashes
	// Error is all that is wrong with the file, one line each. Of a folder that
	// cannot be read, whose path ends in a slash, it says why.
	Error string `json:"error,omitempty"`
}

// ListPlans finds every plan.json under the root and gives them sorted by path.
// Links are not followed. Folders whose name starts with a dot, those named out,
// testdata, node_modules or vendor, and run folders hold no plans of the root
// and are left out.
func (s Source) ListPlans() ([]PlanListing, error) { return s.listPlans(maxWalked) }

func (s Source) listPlans(limit int) ([]PlanListing, error) {
	dir, err := s.RootFor(".")
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	w := planWalk{dir: dir, root: root, limit: limit, list: []PlanListing{}}
	if err := fs.WalkDir(root.FS(), ".", w.visit); err != nil {
		return nil, err
	}
	slices.SortFunc(w.list, func(a, b PlanListing) int { return strings.Compare(a.Path, b.Path) })
	return w.list, nil
}

// maxWalked bounds the search for plans. A root that was not meant, such as a
// home folder without a go.mod, is told instead of being read for minutes.
const maxWalked = 200_000

// planWalk is one search for plans.
type planWalk struct {
	dir   string
	root  *os.Root
	seen  int
	limit int
	list  []PlanListing
}

func (w *planWalk) visit(name string, d fs.DirEntry, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // gone since its folder was read
	case err != nil && name == ".":
		return fmt.Errorf("search %s for plans: %s", w.dir, plainReason(err))
	case err != nil:
		w.list = append(w.list, PlanListing{Path: name + "/", Error: "cannot be searched for plans: " + plainReason(err)})
		return nil
	}
	if w.seen++; w.seen > w.limit {
		return inputErrorf("%s has more than %d files and folders; name a smaller root with --root", w.dir, w.limit)
	}
	switch {
	case d.IsDir():
		if name != "." && (withoutPlans(d.Name()) || w.isRun(name)) {
			return fs.SkipDir
		}
	case d.Name() == planFile && d.Type()&fs.ModeSymlink == 0:
		w.list = append(w.list, w.listing(name))
	}
	return nil
}

// withoutPlans says whether a folder of the name holds no plans of the root:
// what is hidden, made by programs, or somebody else's.
func withoutPlans(name string) bool {
	switch name {
	case "out", "testdata", "node_modules", "vendor":
		return true
	}
	return strings.HasPrefix(name, ".")
}

// isRun says whether a folder is that of a run, under way, failed or committed.
func (w *planWalk) isRun(name string) bool {
	for _, file := range []string{bundle.IndexFile, bundle.StatusFile} {
		if _, err := w.root.Lstat(path.Join(name, file)); err == nil {
			return true
		}
	}
	return false
}

func (w *planWalk) listing(name string) PlanListing {
	data, err := folder{tree: w.dir}.read(name)
	if err != nil {
		return PlanListing{Path: name, Error: sourceError(name, plainReason(err)).Error()}
	}
	p, err := ParsePlan(File{Name: name, Data: data})
	if err != nil {
		return PlanListing{Path: name, Error: err.Error()}
	}
	return PlanListing{PlanID: p.ID, RegistryID: p.RegistryID, Profiles: len(p.Profiles), Path: name}
}

// ListRegistries gives the entries of the index, in its order.
func (s Source) ListRegistries() ([]RegistryEntry, error) {
	index, err := s.index()
	if err != nil {
		return nil, err
	}
	return index.Registries, nil
}

// ListProbes gives the probes of a registry that the index has, in the order of
// their file.
func (s Source) ListProbes(registryID string) ([]*Probe, error) {
	r, err := s.Registry(registryID)
	if err != nil {
		return nil, err
	}
	return r.Probes, nil
}

// ListProfiles gives the profiles of a registry that the index has, in the order
// of their file.
func (s Source) ListProfiles(registryID string) ([]*Profile, error) {
	r, err := s.Registry(registryID)
	if err != nil {
		return nil, err
	}
	return r.Profiles, nil
}
