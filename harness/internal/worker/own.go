package worker

// own starts a process for the attempt and waits for its answer or its end.
func (s *server) own(o *OwnProcess, ans *Answer) { ans.Err = "not built" }

// seatbeltCanary proves that Seatbelt works here: in a process of its own, a small
// policy must let one file be opened and another not.
func (s *server) seatbeltCanary(c *Canary, ans *Answer) { ans.Err = "not built" }
