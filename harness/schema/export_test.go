package schema

import "github.com/rtgen/rtgen/harness/internal/jsondoc"

// ValidateWhole validates a registry as one tree, as any validator would.
func ValidateWhole(version string, doc []byte) []Finding {
	all, err := schemas()
	if err != nil {
		panic(err)
	}
	var faults jsondoc.Faults
	root := jsondoc.Parse(doc, jsondoc.MaxSize, &faults)
	if !root.Present() {
		return textFindings(faults)
	}
	d := document{faults: &faults}
	d.validate(all[version].root, d.tree(root))
	return d.sorted(root)
}
