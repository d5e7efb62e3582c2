package witness

import "testing"

func TestReference(t *testing.T) {
	off := Status{Enabled: 0, BacklogLimit: 64}
	on := Status{Enabled: 1, BacklogLimit: roomyBacklog}
	first := (*reference)(nil).join(off, "boot")
	if first.Before != off.setting() || first.Set != on.setting() {
		t.Fatalf("first = %+v", first)
	}
	for _, c := range []struct {
		name    string
		old     *reference
		now     Status // at the start
		end     Status // at the end
		want    setting
		changed int
	}{
		{"alone", nil, off, on, off.setting(), 0},
		{"second", &first, on, on, off.setting(), 0},
		{"on_already", nil, Status{Enabled: 1, BacklogLimit: 9000}, Status{Enabled: 1, BacklogLimit: 9000}, setting{1, 9000}, 0},
		{"on_already_and_narrow", nil, Status{Enabled: 1, BacklogLimit: 64}, on, setting{1, 64}, 0},
		{"no_limit", nil, Status{Enabled: 0, BacklogLimit: 0}, Status{Enabled: 1, BacklogLimit: 0}, setting{0, 0}, 0},
		{"locked", nil, Status{Enabled: locked, BacklogLimit: 64}, Status{Enabled: locked, BacklogLimit: 64}, setting{locked, 64}, 0},
		{"locked_meanwhile", nil, off, Status{Enabled: locked, BacklogLimit: roomyBacklog}, setting{locked, 64}, 1},
		{"turned_off_meanwhile", nil, off, Status{Enabled: 0, BacklogLimit: roomyBacklog}, setting{0, 64}, 0},
		{"limit_changed_meanwhile", nil, off, Status{Enabled: 1, BacklogLimit: 100}, setting{0, 100}, 1},
		{"turned_off_between", &first, Status{Enabled: 0, BacklogLimit: roomyBacklog}, on, setting{0, 64}, 0},
		{"limit_changed_between", &first, Status{Enabled: 1, BacklogLimit: 9000}, Status{Enabled: 1, BacklogLimit: 9000}, setting{0, 9000}, 0},
		{"of_another_boot", &reference{Boot: "earlier", Before: setting{0, 1}, Set: on.setting()}, on, on, on.setting(), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			ref := c.old.join(c.now, "boot")
			got, changed := ref.leave(c.end)
			if got != c.want || len(changed) != c.changed {
				t.Errorf("%+v leaves %+v, %q; want %+v, %d changes", ref, got, changed, c.want, c.changed)
			}
		})
	}
}

func TestParseStatus(t *testing.T) {
	want := setting{Enabled: 1, BacklogLimit: 8192}
	got, err := parseStatus(want.marshal(0))
	if err != nil || got.setting() != want {
		t.Errorf("= %+v, %v", got, err)
	}
	if _, err := parseStatus(make([]byte, 31)); err == nil {
		t.Error("31 bytes are a status")
	}
}
