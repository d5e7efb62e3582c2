package sbpl

import "slices"

// Params are the names for which a profile's forms ask with (param "NAME"), sorted.
// They are all that it may ask for unless it imports another profile, or asks for a
// name that it works out.
func Params(forms []Form) (names []string, all bool) {
	all = true
	var look func(f Form)
	look = func(f Form) {
		items := f.Items
		switch head := f.Head(); {
		case head == "import" || head == "load":
			all = false
		case head == "param" && len(items) == 2 && items[1].Kind == String:
			names = append(names, items[1].Text)
			return
		case f.Kind == Symbol && f.Text == "param":
			all = false
		}
		for _, item := range items {
			look(item)
		}
	}
	for _, f := range forms {
		look(f)
	}
	slices.Sort(names)
	return slices.Compact(names), all
}
