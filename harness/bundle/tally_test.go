package bundle

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// tally counts what was tried, in rows by what was being done and what went
// wrong, in columns by where, and what came of it.
type tally struct {
	places []string
	rows   []*tallyRow
}

type tallyRow struct {
	doing, fault string
	at           map[string]int
	got          map[outcome]int
}

// merge puts tallies that were made side by side under each other.
func merge(places []string, tallies []tally) *tally {
	all := &tally{places: places}
	for _, one := range tallies {
		all.rows = append(all.rows, one.rows...)
	}
	return all
}

func (c *tally) row(doing, fault string) *tallyRow {
	for _, r := range c.rows {
		if r.doing == doing && r.fault == fault {
			return r
		}
	}
	r := &tallyRow{doing, fault, map[string]int{}, map[outcome]int{}}
	c.rows = append(c.rows, r)
	return r
}

func (r *tallyRow) count(place string, got outcome) {
	r.at[place]++
	r.got[got]++
}

func (r *tallyRow) tried() int {
	n := 0
	for _, times := range r.got {
		n += times
	}
	return n
}

func (c *tally) tried() int {
	n := 0
	for _, r := range c.rows {
		n += r.tried()
	}
	return n
}

func (c *tally) String() string {
	text := new(strings.Builder)
	w := tabwriter.NewWriter(text, 0, 0, 2, ' ', tabwriter.AlignRight)
	ends := []outcome{getPrevious, getNew, getNone, getTorn}
	total := &tallyRow{"all", "", map[string]int{}, map[outcome]int{}}
	line := func(doing, fault, tried string, cell func(place string) string, got func(outcome) string) {
		fmt.Fprintf(w, "%s\t%s\t%s\t", doing, fault, tried)
		for _, place := range c.places {
			fmt.Fprintf(w, "%s\t", cell(place))
		}
		for _, end := range ends {
			fmt.Fprintf(w, "%s\t", got(end))
		}
		fmt.Fprintln(w)
	}
	line("doing", "fault", "tried", func(place string) string { return place }, func(o outcome) string { return string(o) })
	for _, r := range append(c.rows, total) {
		for place, n := range r.at {
			if r != total {
				total.at[place] += n
			}
		}
		for end, n := range r.got {
			if r != total {
				total.got[end] += n
			}
		}
		line(r.doing, r.fault, fmt.Sprint(r.tried()), func(place string) string { return fmt.Sprint(r.at[place]) }, func(o outcome) string { return fmt.Sprint(r.got[o]) })
	}
	w.Flush()
	return "\n" + text.String()
}
