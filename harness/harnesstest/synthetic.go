package harnesstest

import (
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/fixture"
)

// WritePlan writes a plan of n scenarios under one profile into dir, for
// benchmarks and for tests that need many: reads, writes and creations, half of
// them inside the workspace and allowed, half outside and denied, every one
// with a fixture of its own.
func WritePlan(dir string, n int) error {
	profile := Profile{ID: "many", Probes: make([]Probe, 0, n)}
	for i := range n {
		profile.Probes = append(profile.Probes, synthetic(i))
	}
	return Plan{ID: "many", Profiles: []Profile{profile}}.Write(dir)
}

func synthetic(i int) Probe {
	folder, expected := "${workspace}", "allow"
	if i%2 == 1 {
		folder, expected = "${home}", "deny"
	}
	p := Probe{Target: fmt.Sprintf("%s/file-%d.txt", folder, i), Expected: expected}
	kind := fixture.File
	switch i / 2 % 3 {
	case 0:
		p.Operation = "fs.read_file"
	case 1:
		p.Operation = "fs.write_file"
	case 2:
		p.Operation, kind = "fs.make_reg", fixture.Absent
	}
	p.Name = fmt.Sprintf("%06d-%s", i, p.Operation)
	node := fixture.Node{Path: p.Target, Kind: kind}
	if kind == fixture.File {
		node.Content = "x\n"
	}
	p.Fixture = &fixture.Spec{Tree: []fixture.Node{node}}
	return p
}
