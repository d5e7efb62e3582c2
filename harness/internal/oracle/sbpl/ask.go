package sbpl

// subject is what a check is about, as filters see it.
type subject struct{}

// Ask answers a question. It is a pure function of the profile and the question.
func (p *Profile) Ask(q Question) Answer { panic("bug: not built") }
