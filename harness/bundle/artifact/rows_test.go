package artifact_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Rows come in order over many batches, and everything before a row that is
// wrong has been handed over.
func TestRowsInOrder(t *testing.T) {
	stop := errors.New("enough")
	for _, tt := range []struct {
		name     string
		rows     int
		bad      map[int]string // what stands in the place of a row
		stopAt   int
		want     int    // rows handed over
		complain string // empty: nothing is wrong
	}{
		{name: "none"},
		{name: "one", rows: 1, want: 1},
		{name: "a_batch", rows: 128, want: 128},
		{name: "many", rows: 1000, want: 1000},
		{name: "wrong_row", rows: 1000, bad: map[int]string{150: `{"errno": "x"}`}, want: 150, complain: "row 150: offset "},
		{name: "first_wrong_row", rows: 1000, bad: map[int]string{300: `[]`, 299: `{"target": 1}`}, want: 299, complain: "row 299: offset "},
		{name: "no_row", rows: 300, bad: map[int]string{200: ``}, want: 200, complain: "row 200: offset "},
		{name: "cut", rows: 300, bad: map[int]string{290: `{"target": "`}, want: 290, complain: "row 290: "},
		{name: "wrong_before_cut", rows: 300, bad: map[int]string{280: `1`, 290: `{"target": "`}, want: 280, complain: "row 280: offset "},
		{name: "stopped", rows: 1000, stopAt: 700, want: 700, complain: "row 700: enough"},
		{name: "stopped_before_wrong", rows: 1000, stopAt: 200, bad: map[int]string{201: `1`}, want: 200, complain: "row 200: enough"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var doc strings.Builder
			for i := range tt.rows {
				text, bad := tt.bad[i]
				if !bad {
					text = fmt.Sprintf(`{"target": "t%d"}`, i)
				}
				if i > 0 {
					doc.WriteString(", ")
				}
				doc.WriteString(text)
			}
			got := 0
			err := artifact.ReadEvents(strings.NewReader("["+doc.String()+"]"), func(e *artifact.Event) error {
				if tt.stopAt > 0 && got == tt.stopAt {
					return stop
				}
				if want := fmt.Sprint("t", got); e.Target != want {
					t.Fatalf("row %d is %q", got, e.Target)
				}
				got++
				return nil
			})
			if got != tt.want {
				t.Errorf("%d rows were handed over, want %d", got, tt.want)
			}
			if (err != nil) != (tt.complain != "") || err != nil && !strings.Contains(err.Error(), tt.complain) {
				t.Errorf("error %v, want %q", err, tt.complain)
			}
			if tt.stopAt > 0 && !errors.Is(err, stop) {
				t.Errorf("error %v is not the caller's", err)
			}
		})
	}
}
