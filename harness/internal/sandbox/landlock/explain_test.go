package landlock_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func TestExplain(t *testing.T) {
	outer := Ruleset{
		HandledFS: ReadFile | WriteFile | Execute, HandledNet: BindTCP | ConnectTCP, Scoped: ScopeSignal,
		Paths: []PathRule{{Parent: "/usr/", Access: ReadFile | Execute}, {Parent: "/etc", Access: ReadFile}},
		Ports: []PortRule{{Port: 80, Access: BindTCP}, {Port: 443, Access: BindTCP}},
	}
	inner := Ruleset{
		HandledFS: ReadFile | Refer, HandledNet: BindTCP,
		Paths: []PathRule{{Parent: "/", Access: Refer}, {Parent: "/etc/ssl", Access: ReadFile}, {Parent: "/usr", Access: ReadFile}, {Parent: "/var", Access: ReadFile}},
		Ports: []PortRule{{Port: 443, Access: BindTCP}},
	}
	nothing := Ruleset{HandledNet: ConnectTCP}
	var got []string
	for _, e := range Explain([]Ruleset{outer, inner, nothing}) {
		line := fmt.Sprintf("%s %d", e.Right, e.ABI)
		for _, l := range append(e.Layers, e.All) {
			line += " | " + strings.TrimSpace(string(l.Restriction)+" "+strings.Join(l.Where, " "))
		}
		if !strings.Contains(line, "open | open | open | open") {
			got = append(got, line)
		}
	}
	want := []string{
		"fs.execute 1 | granted /usr | open | open | granted /usr",
		"fs.write_file 1 | denied | open | open | denied",
		"fs.read_file 1 | granted /etc /usr | granted /etc/ssl /usr /var | open | granted /usr /etc/ssl",
		"fs.refer 2 | denied | granted / | open | denied", // the outer layer handles files, and so refer
		"net.bind_tcp 4 | granted 80 443 | granted 443 | open | granted 443",
		"net.connect_tcp 4 | denied | open | denied | denied",
		"scope.signal 6 | scoped | open | open | scoped",
		"fs.change_topology 1 | denied | denied | open | denied",
		"ptrace 1 | scoped | scoped | scoped | scoped",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("restricted (-want +got):\n%s", d)
	}
	if n := len(Explain([]Ruleset{nothing})); n != 16+2+2+2 {
		t.Errorf("%d rows, want every right and what comes along", n)
	}
}
