package witness

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func access(domain, path string) string {
	return fmt.Sprintf(`audit(1.001:5): domain=%s blockers=fs.read_file path=%q dev="vda" ino=1`, domain, path)
}

func born(domain, comm string) string {
	return fmt.Sprintf(`audit(1.001:5): domain=%s status=allocated mode=enforcing pid=77 uid=0 exe="/bin/x" comm=%q`, domain, comm)
}

func died(domain string, denials int) string {
	return fmt.Sprintf(`audit(1.001:6): domain=%s status=deallocated denials=%d`, domain, denials)
}

// feed gives a collator lines of "TYPE text".
func feed(c *collator, lines ...string) {
	for _, text := range lines {
		switch {
		case strings.Contains(text, "blockers="):
			c.access(text)
		case strings.Contains(text, "status="):
			c.change(text)
		default:
			c.config(text)
		}
	}
}

func paths(f Finding) []string {
	var list []string
	for _, d := range f.Denials {
		list = append(list, fmt.Sprintf("%d:%s", d.Layer, d.Path))
	}
	return list
}

func TestCollate(t *testing.T) {
	for _, c := range []struct {
		name   string
		lines  []string
		want   []string
		losses int
	}{
		{"first", []string{access("a", "/1"), born("a", "tag.0")}, []string{"0:/1"}, 0},
		{"later_ones_have_no_domain_record", []string{access("a", "/1"), born("a", "tag.0"), access("a", "/2")}, []string{"0:/1", "0:/2"}, 0},
		{"domain_record_first", []string{born("a", "tag.0"), access("a", "/1")}, []string{"0:/1"}, 0},
		{"layers", []string{access("a", "/1"), born("a", "tag.0"), access("b", "/2"), born("b", "tag.f"), access("a", "/3")}, []string{"0:/1", "15:/2", "0:/3"}, 0},
		{"interleaved", []string{access("a", "/1"), access("x", "/no"), access("b", "/2"), born("b", "tag.1"), born("x", "other.0"), born("a", "tag.0")}, []string{"0:/1", "1:/2"}, 0},
		{"named_twice", []string{access("a", "/1"), born("a", "tag.0"), born("a", "tag.0")}, []string{"0:/1"}, 0},
		{"unnamed", []string{access("a", "/1")}, nil, 0},
		{"unnamed_and_dead", []string{access("a", "/1"), died("a", 1), born("a", "tag.0")}, nil, 0},
		{"dead_and_whole", []string{access("a", "/1"), born("a", "tag.0"), died("a", 1)}, []string{"0:/1"}, 0},
		{"dead_and_short", []string{access("a", "/1"), born("a", "tag.0"), died("a", 3)}, []string{"0:/1"}, 1},
		{"no_layer", []string{access("a", "/1"), born("a", "tag")}, []string{"-1:/1"}, 0},
		{"longer_tag", []string{access("a", "/1"), born("a", "tag2.0"), access("b", "/1"), born("b", "tag.!"), access("c", "/1"), born("c", "tag.")}, nil, 0},
		{"unreadable", []string{"blockers=", access("a", "/1"), born("a", "tag.0")}, []string{"0:/1"}, 1},
		{"turned_off", []string{access("a", "/1"), born("a", "tag.0"), "audit(1.001:5): op=set audit_enabled=0 old=1 auid=1 ses=2 res=1"}, []string{"0:/1"}, 1},
		{"not_turned_off", []string{access("a", "/1"), born("a", "tag.0"), "audit(1.001:5): op=set audit_enabled=0 old=2 auid=1 ses=2 res=0", "audit(1.001:5): op=set audit_backlog_limit=0 old=64 res=1"}, []string{"0:/1"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := newCollator()
			log.watch("tag")
			feed(log, c.lines...)
			got := log.find("tag")
			if diff := cmp.Diff(c.want, paths(got)); diff != "" {
				t.Error(diff)
			}
			if len(got.Losses) != c.losses {
				t.Errorf("losses = %q, want %d", got.Losses, c.losses)
			}
			for _, d := range got.Denials {
				if d.PID != 77 {
					t.Errorf("pid = %d, want that of the domain", d.PID)
				}
			}
		})
	}
}

// Losses before a tag's watch are not its losses.
func TestLossesCountFromTheWatch(t *testing.T) {
	log := newCollator()
	log.lost.note(lossSocket, 4)
	log.watch("tag")
	if f := log.find("tag"); len(f.Losses) != 0 {
		t.Errorf("watched: %q", f.Losses)
	}
	if f := log.find("unwatched"); len(f.Losses) != 1 {
		t.Errorf("unwatched: %q, want the loss", f.Losses)
	}
	log.lost.note(lossKernel, 1)
	if f := log.find("tag"); len(f.Losses) != 1 {
		t.Errorf("after another loss: %q", f.Losses)
	}
}

// What nobody asks for cannot fill the memory, and what is watched stays.
func TestBounds(t *testing.T) {
	log := newCollator()
	log.watch("mine")
	feed(log, access("mine", "/mine"), born("mine", "mine.0"))
	for i := range 3 * maxDomains {
		id := fmt.Sprintf("%x", i)
		feed(log, access(id, "/other"), born(id, fmt.Sprintf("o%d.0", i)))
		if i%3 == 0 {
			feed(log, died(id, 1))
		}
	}
	for range 2 * maxDenials {
		log.access(access("loud", "/other"))
	}
	if len(log.domains) > maxDomains+2 || len(log.tags) > maxDomains+2 || log.kept > maxDenials || len(log.oldest) > 4*maxDomains {
		t.Errorf("kept %d domains, %d tags, %d denials, %d ages", len(log.domains), len(log.tags), log.kept, len(log.oldest))
	}
	if got := paths(log.find("mine")); len(got) != 1 {
		t.Errorf("mine = %q", got)
	}
	if lost := log.lost.since(0); len(lost) != 0 {
		t.Errorf("dropping what is not asked for is no loss: %q", lost)
	}
	for range 2 * maxDenials {
		log.access(access("mine", "/mine"))
	}
	f := log.find("mine")
	if len(f.Denials) != maxDenials || len(f.Losses) != 1 {
		t.Errorf("%d denials, %q", len(f.Denials), f.Losses)
	}
}

func TestForget(t *testing.T) {
	log := newCollator()
	for i := range 5000 {
		id, tag := fmt.Sprintf("%x", i), fmt.Sprintf("t%d", i)
		log.watch(tag)
		feed(log, access(id, "/1"), born(id, tag+".0"))
		log.forget(tag)
		feed(log, access(id, "/late"), died(id, 2))
	}
	if len(log.domains) != 0 || len(log.tags) != 0 || log.kept != 0 || len(log.oldest) > 2048 {
		t.Errorf("kept %d domains, %d tags, %d denials, %d ages", len(log.domains), len(log.tags), log.kept, len(log.oldest))
	}
}
