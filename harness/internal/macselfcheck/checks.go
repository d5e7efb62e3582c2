//go:build darwin || seatbelt_fake

package main

import "maps"

// together are the checks of several groups.
func together(groups ...map[string]check) map[string]check {
	all := map[string]check{}
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}
