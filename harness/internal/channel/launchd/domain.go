package launchd

import "fmt"

// domain is where launchd keeps a job, launchctl(1): a user's gui domain lives
// as long as the user is logged in at the screen, the user domain also without.
type domain struct {
	target  string // "gui/501"
	session string // for LimitLoadToSessionType
	reason  string
}

// domains are those to try, in order. Gui says whether the user's gui domain
// answers.
func domains(uid int, gui bool) []domain {
	user := domain{fmt.Sprintf("user/%d", uid), "Background", GUIUnavailable}
	if !gui {
		return []domain{user}
	}
	return []domain{{guiDomain(uid), "Aqua", GUIAvailable}, user}
}

func guiDomain(uid int) string { return fmt.Sprintf("gui/%d", uid) }
