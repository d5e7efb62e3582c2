//go:build darwin || seatbelt_fake

package seatbelt

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// detail keeps what else an attempt saw.
func detail(res *op.Result, details any) {
	data, err := json.Marshal(details)
	if err != nil {
		panic("bug: details of an attempt: " + err.Error())
	}
	res.Details = data
}
