package made

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
)

// maxBundles is how many the ids of WriteBundles tell apart.
const maxBundles = 10_000

// WriteBundles makes n bundles of as many observations each, every one of a plan
// of its own with profiles and scenarios of its own, in folders of dir, and names
// their packets. Of the bundles of another world, in another call, profiles and
// scenarios have the same names. Most scenarios end as expected; every eleventh does
// not, every fiftieth has no decision, and some denials are also the baseline's.
//
// Only the first is made as WriteBundle makes them, which takes a while: the
// others are the same in other names, with the digests that follow from these.
func WriteBundles(dir string, n, observations int, worldID string) (packets []string, err error) {
	if n > maxBundles {
		return nil, fmt.Errorf("%d made-up bundles: there are names for %d", n, maxBundles)
	}
	var first *copied
	for i := range n {
		id := fmt.Sprintf("many-%04d", i)
		packet := filepath.Join(dir, id, packetFile)
		switch {
		case i == 0:
			if packet, err = WriteBundle(filepath.Join(dir, id), manySpec(id, observations, worldID)); err == nil {
				first, err = readCopied(dir, id)
			}
		default:
			err = first.write(dir, id)
		}
		if err != nil {
			return nil, err
		}
		packets = append(packets, packet)
	}
	return packets, nil
}

// copied is an out folder with one run, to be written under other names.
type copied struct {
	id        string
	artifacts []copiedFile // as the index names them
	sealed    []copiedFile // what holds the digests of what comes before it
}

type copiedFile struct {
	name string // below the folder that holds the out folder
	data []byte
}

func readCopied(dir, id string) (*copied, error) {
	c := &copied{id: id}
	run := path.Join(id, id+"-run")
	b, err := bundle.Load(filepath.Join(dir, run))
	if err != nil {
		return nil, err
	}
	read := func(list *[]copiedFile, name string) {
		data, fault := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		err = errors.Join(err, fault)
		*list = append(*list, copiedFile{name, data})
	}
	for _, name := range b.Names() {
		read(&c.artifacts, path.Join(run, name))
	}
	read(&c.sealed, path.Join(run, bundle.IndexFile))
	read(&c.sealed, path.Join(id, packetFile))
	read(&c.sealed, path.Join(id, bundle.StatementPath(packetFile)))
	read(&c.sealed, path.Join(id, bundle.LatestFile))
	return c, err
}

// write puts id, which is as long as the first, in its place.
func (c *copied) write(dir, id string) error {
	renamed := []string{c.id, id}
	for _, of := range []string{planDigest, compiledDigest} {
		renamed = append(renamed, (&BundleSpec{PlanID: c.id}).digest(of), (&BundleSpec{PlanID: id}).digest(of))
	}
	digests := renamed
	put := func(f copiedFile, names []string) error {
		data := f.data
		for i := 0; i < len(names); i += 2 {
			data = bytes.ReplaceAll(data, []byte(names[i]), []byte(names[i+1]))
		}
		digests = append(digests, bundle.DigestOf(f.data).String(), bundle.DigestOf(data).String())
		file := filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(f.name, c.id, id)))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		return os.WriteFile(file, data, 0o644)
	}
	for _, f := range c.artifacts {
		if err := put(f, renamed); err != nil {
			return err
		}
	}
	for _, f := range c.sealed {
		if err := put(f, digests); err != nil {
			return err
		}
	}
	return nil
}

// manySpec is one plan of ten profiles.
func manySpec(id string, observations int, worldID string) BundleSpec {
	spec := BundleSpec{WorldID: worldID, PlanID: id, RunID: id + "-run"}.filled()
	operations := []string{"file-read*", "file-write*", "file-read-metadata", "mach-lookup", "sysctl-read"}
	if spec.linux() {
		operations = []string{"fs.read_file", "fs.write_file", "fs.make_reg", "fs.execute", "net.connect_tcp"}
	}
	spec.Profiles = make([]Profile, min(10, observations))
	for i := range spec.Profiles {
		spec.Profiles[i].ID = fmt.Sprintf("%s:p%d", id, i)
	}
	for i := range observations {
		p := &spec.Profiles[i*len(spec.Profiles)/observations]
		p.Probes = append(p.Probes, manyProbe(i/len(operations), i%len(operations), operations))
	}
	return spec
}

// manyProbe is the i-th round's attempt of one of the operations.
func manyProbe(i, operation int, operations []string) Probe {
	p := Probe{
		Name: fmt.Sprintf("%05d-%d", i, operation), Operation: operations[operation], Target: fmt.Sprintf("/data/files/file-%d.txt", i),
		Expected: string(Allow), Scenario: Allow, Baseline: Allow,
	}
	if i%2 == 1 {
		p.Expected, p.Scenario = string(Deny), Deny
	}
	switch {
	case i%50 == 49:
		p.Scenario = Undecided
	case i%11 == 7 && p.Scenario == Allow:
		p.Scenario = Deny
	case i%11 == 7:
		p.Scenario = Allow
	case i%20 == 6:
		p.Scenario, p.Baseline = Deny, Deny
	}
	return p
}
