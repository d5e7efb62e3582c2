package seatbelt

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// What an attempt says by itself stands, and what it does not say is decided by
// what was seen alone.
func TestSettle(t *testing.T) {
	sent := func() *op.Return { return &op.Return{Kind: op.ReturnNotify, Undecided: unwatched} }
	for _, tt := range []struct {
		name string
		res  op.Result
		seen bool
		err  error
		want string // decision, or the kind of what is none
	}{
		{"seen", op.Result{Call: "x", Return: sent()}, true, nil, op.Allow},
		{"seen without a return", op.Result{Call: "x"}, true, nil, op.Allow},
		{"left out", op.Result{Call: "x", Return: sent()}, false, nil, op.Deny},
		{"unknown", op.Result{Call: "x", Return: unseen()}, false, errors.New("late"), op.KindReturn},
		{"unknown without a return", op.Result{Call: "x"}, false, errors.New("late"), op.KindReturn},
		{"seen and an error", op.Result{Call: "x", Return: unseen()}, true, errors.New("late"), op.KindReturn},
		{"refused", op.Result{Call: "x", Return: &op.Return{Kind: op.ReturnNotify, Value: 7}}, true, nil, op.Deny},
		{"failed", op.Result{Call: "x", Return: &op.Return{Kind: op.ReturnNotify, Value: 1000000}}, true, nil, op.KindReturn},
		{"errno", op.Result{Call: "x", Errno: 1}, true, nil, op.Deny},
		{"not made", op.Result{Call: "x", Err: "no library"}, true, nil, op.KindError},
		{"no call", op.Result{}, true, nil, op.KindError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			Settle(&tt.res, tt.seen, tt.err)
			if decision, kind := Classify(tt.res); decision+kind != tt.want {
				t.Errorf("decided %q %q by %+v, want %q", decision, kind, tt.res.Return, tt.want)
			}
		})
	}
}

func TestWatching(t *testing.T) {
	var watched []string
	for _, o := range All() {
		if Watching(&o) {
			watched = append(watched, o.Name)
		}
	}
	if want := []string{"darwin-notification-post", "distributed-notification-post", "user-preference-write"}; !slices.Equal(watched, want) {
		t.Errorf("watched: %q, want %q", watched, want)
	}
}

// The first is left out only where the second was there before it was asked for.
func TestCompare(t *testing.T) {
	for _, tt := range []struct {
		name          string
		first, second string // what each says in turn, the last for ever: "-", "+" or "!" for an error
		want, fails   bool
	}{
		{"at once", "+", "-", true, false},
		{"both", "+", "+", true, false},
		{"first later", "--+", "---+", true, false},
		{"left out", "-", "-+", false, false},
		{"neither", "-", "-", false, true},
		{"first breaks", "!", "-", false, true},
		{"second breaks", "+", "!", false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			says := func(script string) func() (bool, error) {
				return func() (bool, error) {
					now := script[0]
					if len(script) > 1 {
						script = script[1:]
					}
					if now == '!' {
						return false, errors.New("broken")
					}
					return now == '+', nil
				}
			}
			limit := time.Minute
			if tt.name == "neither" {
				limit = time.Millisecond
			}
			seen, err := compare(says(tt.first), says(tt.second), limit)
			if seen != tt.want || (err != nil) != tt.fails {
				t.Errorf("compare = %t, %v, want %t and an error: %t", seen, err, tt.want, tt.fails)
			}
		})
	}
}

// What comes out between two questions is not taken for left out.
func TestCompareInOrder(t *testing.T) {
	out := false
	first := func() (bool, error) { return out, nil }
	second := func() (bool, error) { out = true; return true, nil }
	if seen, err := compare(first, second, time.Minute); !seen || err != nil {
		t.Errorf("compare = %t, %v, want true", seen, err)
	}
}
