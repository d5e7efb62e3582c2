package mapping

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/rtgen/rtgen/harness/bundle"
)

// A promotion's own names lie beside the out folder, and start with a dot and its
// name. A folder is "staging" while it is made and "ready" when it is whole; the
// exchange gives that name to the old mappings. Where there is no exchange they
// are "old" before the new ones take their place.
const (
	lockSuffix = ".promotion.lock"
	staging    = ".staging-"
	ready      = ".ready-"
	old        = ".old-"
	receipting = ".receipt-"
)

var randomText = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// stage is the place beside the out folder, whose lock is held.
type stage struct {
	steps steps
	out   *outFolder
	name  string // random, of this promotion
}

func newStage(s steps, out *outFolder) *stage { return &stage{s, out, rand.Text()} }

// beside is the start of the names of a kind beside an out folder.
func beside(out, kind string) string {
	return filepath.Join(filepath.Dir(out), "."+filepath.Base(out)+kind)
}

func (g *stage) beside(kind string) string { return beside(g.out.dir, kind) }

func (g *stage) parent() string { return filepath.Dir(g.out.dir) }

// lock takes the lock of the out folder, and makes the folders above it.
func (g *stage) lock() (unlock func() error, err error) {
	if err := mkdirAll(g.steps, g.parent()); err != nil {
		return nil, g.explain("make the folder above the mappings", err)
	}
	unlock, err = g.steps.lock(g.beside(lockSuffix))
	if locked, ok := errors.AsType[*bundle.LockedError](err); ok {
		holder := "another process"
		if locked.PID > 0 {
			holder = fmt.Sprintf("process %d", locked.PID)
		}
		return nil, fmt.Errorf("%w: mappings are being promoted to %s by %s: let it end", bundle.ErrLocked, g.out.dir, holder)
	}
	if err != nil {
		return nil, g.explain("lock "+g.out.dir, err)
	}
	return unlock, nil
}

// explain adds what to do about the errors people meet.
func (g *stage) explain(what string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		hint = "; free some space: the new mappings are made before the old ones go"
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.EXDEV):
		hint = "; a mount point cannot be exchanged for a folder beside it: choose a folder in it"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		hint = fmt.Sprintf("; the folder above the mappings, %s, must be one that can be written: they are made there and then take the place of the old", g.parent())
	case errors.Is(err, syscall.ENAMETOOLONG):
		hint = "; give the mappings a shorter name: it is a part of those beside them"
	case errors.Is(err, fs.ErrNotExist):
		hint = "; somebody removed it meanwhile: promote anew"
	}
	return fmt.Errorf("%s: %w%s", what, err, hint)
}

// settle removes what promotions that were killed left, and says what of it holds
// files that no promotion wrote and therefore stays.
func (g *stage) settle() (left []string, err error) {
	entries, err := os.ReadDir(g.parent())
	if err != nil {
		return nil, fmt.Errorf("out folder: %w", err)
	}
	for _, kind := range []string{old, ready, staging, receipting} {
		for _, e := range entries {
			random, ok := strings.CutPrefix(e.Name(), filepath.Base(g.beside(kind)))
			path := filepath.Join(g.parent(), e.Name())
			switch {
			case !ok || !randomText.MatchString(random) || e.IsDir() == (kind == receipting):
				continue
			case kind == old && g.isGone():
				// They may be all there is.
				if err := g.restore(path); err != nil {
					return left, g.explain("give the old mappings "+path+" their name back", err)
				}
				continue
			case kind == receipting:
				err = g.steps.remove(path)
			case kind == staging:
				err = g.steps.removeAll(path)
			default:
				var stays bool
				if stays, err = g.discard(path); stays {
					left = append(left, path)
				}
			}
			if err != nil {
				return left, g.explain("remove "+path+", which an earlier promotion left", err)
			}
		}
	}
	return left, nil
}

// isGone reports whether nothing has the out folder's name.
func (g *stage) isGone() bool {
	_, err := os.Lstat(g.out.dir)
	return errors.Is(err, fs.ErrNotExist)
}

// restore gives the old mappings their name back, where somebody was killed who
// had taken it and not yet given it to the new.
func (g *stage) restore(path string) error {
	if err := g.steps.rename(path, g.out.dir); err != nil {
		return err
	}
	return g.steps.syncDir(g.parent())
}

// make makes the staging folder.
func (g *stage) make() (dir string, err error) {
	dir = g.beside(staging) + g.name
	if err := g.steps.mkdir(dir, g.out.mode|0o700); err != nil {
		return "", g.explain("make the new mappings", err)
	}
	return dir, nil
}

// swap puts the staged folder in the place of the out folder: readers find the
// old mappings before and the new ones after, and nothing between. Where the file
// system cannot exchange two folders in one step, there is a moment between two
// renames in which readers find no folder; killed in it, the next promotion gives
// the old one its name back.
func (g *stage) swap(staged string) (left []string, err error) {
	// Not before: until now the folder is not worth more than its removal.
	if err := g.steps.syncTree(staged); err != nil {
		return nil, errors.Join(g.explain("sync the new mappings", err), g.steps.removeAll(staged))
	}
	whole := g.beside(ready) + g.name
	if err := g.steps.rename(staged, whole); err != nil {
		return nil, errors.Join(g.explain("put the new mappings in place", err), g.steps.removeAll(staged))
	}
	gone, err := g.exchange(whole)
	if err != nil {
		_, stuck := g.discard(whole)
		return nil, errors.Join(g.explain("put the new mappings in place", err), stuck)
	}
	// Before the old ones go.
	if err := g.steps.syncDir(g.parent()); err != nil {
		return nil, g.explain("the new mappings are in place, and may be the old ones again after a power cut: sync "+g.parent(), err)
	}
	if gone == "" {
		return nil, nil
	}
	stays, err := g.discard(gone)
	if stays {
		left = append(left, gone)
	}
	if err != nil {
		return left, g.explain("the new mappings are in place; remove the old ones", err)
	}
	return left, nil
}

// exchange gives the whole folder the out folder's name, and says what name the
// old one then has; none when there was none.
func (g *stage) exchange(whole string) (gone string, err error) {
	if g.isGone() {
		return "", g.steps.rename(whole, g.out.dir)
	}
	err = g.steps.exchange(whole, g.out.dir)
	if !errors.Is(err, errors.ErrUnsupported) {
		return whole, err
	}
	aside := g.beside(old) + g.name
	if err := g.steps.rename(g.out.dir, aside); err != nil {
		return "", err
	}
	if err := g.steps.rename(whole, g.out.dir); err != nil {
		return "", errors.Join(err, g.steps.rename(aside, g.out.dir))
	}
	return aside, nil
}

// discard removes mappings: what their index names, the receipt, and the index
// last, so that it can be gone on with. What else somebody put there stays, and no
// symlink is followed out of the folder: whoever may write beside the out folder
// can make one that looks like a promotion's.
func (g *stage) discard(dir string) (stays bool, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false, err
	}
	defer root.Close()
	remove := func(name string) error {
		err := g.steps.removeIn(root, filepath.FromSlash(name))
		if errors.Is(err, fs.ErrNotExist) || isFull(err) {
			return nil
		}
		return err
	}
	var rest []string
	x, err := indexOf(root)
	if err == nil {
		errs := make([]error, len(x.Files))
		each(len(x.Files), func(i int) { errs[i] = remove(x.Files[i].Path) })
		if err := errors.Join(errs...); err != nil {
			return false, err
		}
		rest = x.folders()
	}
	rest = append(rest, ReceiptFile)
	if isOpSummary(dir) { // one that no index names
		rest = append(rest, OpSummaryFile)
	}
	if x != nil {
		rest = append(rest, IndexFile)
	}
	for _, name := range rest {
		if err := remove(name); err != nil {
			return false, err
		}
	}
	if err := g.steps.remove(dir); !isFull(err) {
		return false, err
	}
	return true, nil
}

// isFull reports whether a folder could not be removed because of what is in it.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist)
}
