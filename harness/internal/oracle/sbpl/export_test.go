package sbpl

// Join makes one profile of the rules of several, for more rules than one text
// may have.
func Join(profiles ...*Profile) *Profile {
	var rules []Rule
	for _, p := range profiles {
		rules = append(rules, p.rules...)
	}
	return newProfile(rules)
}
