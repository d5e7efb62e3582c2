package mapping

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle"
)

// ReceiptLater is a finding: the receipt in the folder is not the one that the
// mappings were made under. A promotion that came to nothing leaves that; it is a
// warning.
const ReceiptLater bundle.FindingCode = "receipt_later"

// Verification is what VerifyMappings found.
type Verification struct {
	Dir      string           `json:"dir"`   // absolute
	Files    int              `json:"files"` // that the index names
	Findings []bundle.Finding `json:"findings"`

	index *Index // nil when there is none to read
}

// OK reports whether the mappings are those that were promoted, whole.
func (v *Verification) OK() bool {
	return !slices.ContainsFunc(v.Findings, func(f bundle.Finding) bool { return !f.Warning })
}

func (v *Verification) add(code bundle.FindingCode, name, format string, args ...any) {
	v.Findings = append(v.Findings, bundle.Finding{Code: code, Name: name, Message: fmt.Sprintf(format, args...)})
}

// VerifyMappings holds a mappings' folder against its index: every file that it
// names must be there, as it was, and no other. The error means that it could not
// be checked. Mappings that are promoted anew meanwhile are judged anew.
func VerifyMappings(dir string) (*Verification, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("mappings: %w", err)
	}
	return verifyStill(abs, verifyOnce)
}

// verifyStill verifies until the folder under the name is still the one that was
// read.
func verifyStill(dir string, verify func(dir string) (*Verification, fs.FileInfo, error)) (*Verification, error) {
	for range 3 {
		v, info, err := verify(dir)
		if err == nil && v.OK() || info == nil {
			return v, err
		}
		if now, gone := os.Stat(dir); gone == nil && os.SameFile(info, now) {
			return v, err
		}
	}
	// What was found is of folders that were being removed.
	return nil, fmt.Errorf("mappings %s: other mappings took their place each time they were read: try again", dir)
}

func verifyOnce(dir string) (v *Verification, info fs.FileInfo, err error) {
	// What is opened stays the folder it was, whatever takes its name.
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("mappings: %w", err)
	}
	defer root.Close()
	if info, err = root.Stat("."); err != nil {
		return nil, nil, fmt.Errorf("mappings %s: %w", dir, err)
	}
	v = &Verification{Dir: dir, Findings: []bundle.Finding{}}
	if err := v.verify(root, false); err != nil {
		return nil, info, fmt.Errorf("mappings %s: %w", dir, err)
	}
	return v, info, nil
}

// verify holds the open folder against its index, the bytes too unless shallow.
func (v *Verification) verify(root *os.Root, shallow bool) error {
	x, err := indexOf(root)
	var bad *bundle.IntegrityError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.add(bundle.IndexMissing, IndexFile, "not there: nothing was promoted here")
		return nil
	case errors.As(err, &bad):
		v.Findings = append(v.Findings, bad.Findings...)
		return nil
	case err != nil:
		return err
	}
	v.index, v.Files = x, len(x.Files)
	all, err := list(root)
	if err != nil {
		return err
	}
	v.compare(x.Files, all)
	if shallow {
		return nil
	}
	return v.digests(root, all)
}

// compare holds names against names; both are sorted.
func (v *Verification) compare(want []IndexedFile, has []found) {
	for len(want) > 0 || len(has) > 0 {
		switch {
		case len(has) == 0 || len(want) > 0 && want[0].Path < has[0].path:
			v.add(bundle.FileMissing, want[0].Path, "in the index but not in the folder")
			want = want[1:]
		case len(want) == 0 || has[0].path < want[0].Path:
			if has[0].path != IndexFile && has[0].path != ReceiptFile {
				v.add(bundle.NotIndexed, has[0].path, "in the folder but not in the index: no promotion wrote it")
			}
			has = has[1:]
		default:
			want, has = want[1:], has[1:]
		}
	}
}

func (v *Verification) digests(root *os.Root, has []found) error {
	there := make(map[string]bool, len(has))
	for _, f := range has {
		there[f.path] = true
	}
	in := newFolders(root)
	defer in.close()
	files := v.index.Files
	findings, errs := make([]bundle.Finding, len(files)), make([]error, len(files))
	each(len(files), func(i int) {
		if f := &files[i]; there[f.Path] {
			code, err := f.verify(in)
			if err != nil && code == "" {
				errs[i] = fmt.Errorf("could not check %s: %w", f.Path, err)
			} else if err != nil {
				findings[i] = bundle.Finding{Code: code, Name: f.Path, Message: err.Error()}
			}
		}
	})
	for _, f := range findings {
		if f.Code != "" {
			v.Findings = append(v.Findings, f)
		}
	}
	if there[ReceiptFile] {
		if _, sum, err := digest(in, ReceiptFile, maxReceipt); err == nil && sum != v.index.ReceiptSHA256 {
			v.Findings = append(v.Findings, bundle.Finding{Code: ReceiptLater, Name: ReceiptFile, Warning: true,
				Message: "not the receipt that the mappings were made under: of a later promotion, which did not change them"})
		}
	}
	return errors.Join(errs...)
}

// verify compares the file with its entry; without a code its error is of the
// reading.
func (f *IndexedFile) verify(in *folders) (bundle.FindingCode, error) {
	size, sum, err := digest(in, f.Path, f.Size)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return bundle.FileMissing, errors.New("in the index but not in the folder")
	case errors.Is(err, errNotRegular):
		return bundle.NotRegular, err
	case err != nil:
		return "", err
	case size > f.Size:
		return bundle.SizeDiffers, fmt.Errorf("the index says %d bytes, the file has more", f.Size)
	case size < f.Size:
		return bundle.SizeDiffers, fmt.Errorf("the index says %d bytes, the file has %d", f.Size, size)
	case sum != f.SHA256:
		return bundle.DigestDiffers, fmt.Errorf("the index says sha256 %s, the file has %s", f.SHA256, sum)
	}
	return "", nil
}
