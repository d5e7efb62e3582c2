package sbpl

// known says whether the language has a filter of that name.
func known(filter string) bool { panic("bug: not built") }

// build makes the filter that a profile writes as (name args…). The error says,
// in half a sentence, why the model cannot evaluate it.
func build(name string, at Place, args []Arg) (Filter, error) { panic("bug: not built") }
