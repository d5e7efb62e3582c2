//go:build darwin || seatbelt_fake

package worker

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// appliedSeatbelt is a report on the policy as an answer has it.
func appliedSeatbelt(r seatbelt.Report) *Apply {
	a := &Apply{API: r.API, Errno: r.Errno}
	switch {
	case r.RC == 0:
		a.Layers = 1
	case r.Text != "":
		a.Err = r.Text
	default:
		a.Err = fmt.Sprintf("%s = %d", r.API, r.RC)
	}
	return a
}

// details are the keys that a probe which asks sandbox_check has in the format.
type details struct {
	Operation  string `json:"operation"`
	FilterType int    `json:"filter_type"`
	FilterName string `json:"filter_name,omitempty"`
	Argument   string `json:"argument"`
	RC         int    `json:"rc"`
	Errno      int    `json:"errno,omitempty"`
	Error      string `json:"error,omitempty"`
	Decision   string `json:"decision"`
	OracleOnly bool   `json:"oracle_only"` // nothing was attempted
}

// asked is what sandbox_check said as the result of a probe that does nothing but
// ask.
func asked(a seatbelt.Answer) *op.Result {
	res := &op.Result{
		Syscall: a.API,
		Call:    questionText(a),
		Errno:   a.Errno,
		Return:  &op.Return{Kind: op.ReturnCheck, Value: int64(a.RC)},
	}
	if a.RC != 0 && a.RC != 1 {
		res.Return.Undecided = fmt.Sprintf("%s = %d is no decision", a.API, a.RC)
		if a.Err != "" {
			res.Return.Undecided += ": " + a.Err
		}
	}
	data, err := json.Marshal(details{
		Operation: a.Operation, FilterType: a.FilterType, FilterName: a.FilterName, Argument: a.Argument,
		RC: a.RC, Errno: a.Errno, Error: a.Err, Decision: a.Decision, OracleOnly: true,
	})
	if err != nil {
		res.Err = "bug: details of sandbox_check: " + err.Error()
	}
	res.Details = data
	return res
}

// questionText is the call with its arguments.
func questionText(a seatbelt.Answer) string {
	text := fmt.Sprintf("%s(self, %s, %#x", a.API, strconv.Quote(a.Operation), a.CheckType)
	if a.FilterType != 0 {
		text += ", " + strconv.Quote(a.Argument)
	}
	return text + ")"
}
