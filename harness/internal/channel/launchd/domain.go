package launchd

import "fmt"

// domain is where launchd keeps a job, launchctl(1): a user's gui domain lives
// as long as the user is logged in at the screen, the user domain also without. The
// system's domain is root's, who has no other unless logged in.
type domain struct {
	target  string // "gui/501"
	session string // for LimitLoadToSessionType; empty: the domain has no sessions
	reason  string
}

// domains are those to try, in order. Gui says whether the user's gui domain
// answers.
func domains(uid int, gui bool) (list []domain) {
	if gui {
		list = append(list, domain{guiDomain(uid), "Aqua", GUIAvailable})
	}
	list = append(list, domain{fmt.Sprintf("user/%d", uid), "Background", GUIUnavailable})
	if uid == 0 {
		list = append(list, domain{"system", "", GUIUnavailable})
	}
	return list
}

func (d domain) sessions() []string {
	if d.session == "" {
		return []string{}
	}
	return []string{d.session}
}

func guiDomain(uid int) string { return fmt.Sprintf("gui/%d", uid) }
