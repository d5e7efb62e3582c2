//go:build unix && !linux && !darwin

package world

// survey knows no engine on this system: no scenario can be observed here.
func survey() (Facts, error) { return surveyUnix() }
