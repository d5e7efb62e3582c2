//go:build !darwin && !seatbelt_fake

package worker

import "github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"

func (s *server) own(_ *OwnProcess, ans *Answer) { ans.Err = seatbelt.Available().Error() }

func (s *server) seatbeltCanary(_ *Canary, ans *Answer) { ans.Err = seatbelt.Available().Error() }

func openPoller() {}
