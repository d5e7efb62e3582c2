package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// otherWorld is a second world whose bundles have the same profiles and scenarios.
const otherWorld = "linux-6.12.0-aarch64-landlock6-89abcdef"

// mappingJobs are done in a process of their own, whose memory is then theirs.
var mappingJobs = map[string]func(dir string, n sizes) error{
	"one": func(dir string, n sizes) error { return makeBundles(dir, n.bundles, n, made.LinuxWorld) },
	"two": func(dir string, n sizes) error { return makeBundles(dir, n.bundles/2, n, made.LinuxWorld, otherWorld) },
	// What no consumer of evidence is without: packets opened, bundles verified and
	// observations read.
	"read": func(dir string, _ sizes) error {
		files, err := packetFiles(dir)
		if err != nil {
			return err
		}
		for _, file := range files {
			p, err := bundle.LoadPacket(file)
			if err != nil {
				return err
			}
			b, err := p.Open()
			if err != nil {
				return err
			}
			err = b.Stream(artifact.RuntimeEventsFile, func(r io.Reader) error {
				return artifact.ReadEvents(r, func(*artifact.Event) error { return nil })
			})
			if err != nil {
				return err
			}
		}
		return nil
	},
}

func makeBundles(dir string, bundles int, n sizes, worlds ...string) error {
	for _, world := range worlds {
		if _, err := made.WriteBundles(filepath.Join(dir, world), bundles, n.observations, world); err != nil {
			return err
		}
	}
	return nil
}

// packetFiles are the packets of the bundles made in a folder.
func packetFiles(dir string) ([]string, error) {
	return filepath.Glob(filepath.Join(dir, "*", "*", "promotion_packet.json"))
}

// benchMapping promotes the packets of one world and of two, beside what other
// programs take to hash all files of their bundles, to read the observations, and
// to copy the mappings.
func benchMapping(dir string, n sizes) error {
	exe := filepath.Join(dir, "rtgen")
	if err := build(exec.Command("go", "build", "-o", exe, "./cmd/rtgen")); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	own := func(job, dir string) *exec.Cmd {
		return exec.Command(self, "-bundles", strconv.Itoa(n.bundles), "-observations", strconv.Itoa(n.observations), "-mapping", job, dir)
	}
	rounds := n.rounds/3 + 1 // a promotion takes as long as many of the other rounds
	for i, worlds := range []string{"one", "two"} {
		from, out := filepath.Join(dir, worlds), filepath.Join(dir, worlds+"-mapping")
		if _, err := timed(own(worlds, from)); err != nil {
			return err
		}
		files, err := packetFiles(from)
		if err != nil {
			return err
		}
		promote := []string{"promote-packets", "--out", out}
		events := []string{"-c", "import json, sys\nfor p in sys.argv[1:]: json.load(open(p))"}
		for _, packet := range files {
			promote = append(promote, "--packets", packet)
			run, err := filepath.Glob(filepath.Join(filepath.Dir(packet), "*", artifact.RuntimeEventsFile))
			if err != nil {
				return err
			}
			events = append(events, run...)
		}
		again := out + "-again"
		ways := []*mappingWay{
			{name: "sha256sum of every file", cmd: func() *exec.Cmd {
				return exec.Command("sh", "-c", `find "$1" -type f -print0 | xargs -0 sha256sum >"$1.sums"`, "sh", from)
			}},
			{name: "python3, json.load of the events", needs: "python3", cmd: func() *exec.Cmd { return exec.Command("python3", events...) }},
			{name: "verify the bundles, read the events", cmd: func() *exec.Cmd { return own("read", from) }},
			{name: "rtgen promote-packets", writes: out, cmd: func() *exec.Cmd { return exec.Command(exe, promote...) }},
			{name: "cp -r of the mappings", writes: again, cmd: func() *exec.Cmd { return exec.Command("cp", "-r", out, again) }},
		}
		if i > 0 {
			fmt.Println()
		}
		if err := compareMapping(ways, rounds); err != nil {
			return err
		}
		read, _, err := treeSize(from)
		if err != nil {
			return err
		}
		written, count, err := treeSize(out)
		if err != nil {
			return err
		}
		fmt.Printf("%d bundles of %d observations in %s, %d MB, to %d files of mappings, %d MB; median of %d rounds:\n",
			len(files), n.observations, []string{"one world", "two worlds"}[i], read>>20, count, written>>20, rounds)
		for _, w := range ways {
			w.print(ways[0])
		}
		for _, dir := range []string{from, out, again} {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// mappingWay is one of the things that are compared.
type mappingWay struct {
	name   string
	needs  string // the program without which it is skipped; empty: none
	writes string // a folder that must not be there before
	cmd    func() *exec.Cmd
	skip   string
	costs  []cost
}

// compareMapping does all of them in turn, round by round.
func compareMapping(ways []*mappingWay, rounds int) error {
	for range rounds {
		for _, w := range ways {
			if w.needs != "" {
				if _, err := exec.LookPath(w.needs); err != nil {
					w.skip = err.Error()
					continue
				}
			}
			if w.writes != "" {
				if err := os.RemoveAll(w.writes); err != nil {
					return err
				}
			}
			// What the last one left to be written is not this one's time.
			if err := exec.Command("sync").Run(); err != nil {
				return err
			}
			c, err := timed(w.cmd())
			if err != nil {
				return err
			}
			w.costs = append(w.costs, c)
		}
	}
	return nil
}

func (w *mappingWay) print(base *mappingWay) {
	if w.skip != "" {
		fmt.Printf("  %-36s skipped: %s\n", w.name, w.skip)
		return
	}
	wall, cpu, rss := w.medians()
	than, _, _ := base.medians()
	fmt.Printf("  %-36s %6.2f s   %6.2f s cpu   %5.0f MB   %5.1f x sha256sum\n",
		w.name, wall.Seconds(), cpu.Seconds(), float64(rss)/(1<<20), wall.Seconds()/than.Seconds())
}

func (w *mappingWay) medians() (wall, cpu time.Duration, rss int64) {
	var walls, cpus []time.Duration
	for _, c := range w.costs {
		walls, cpus, rss = append(walls, c.wall), append(cpus, c.cpu), max(rss, c.rss)
	}
	return median(walls), median(cpus), rss
}

// treeSize is what the files below a folder have in them, in bytes, and how many
// they are.
func treeSize(dir string) (bytes int64, files int, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes, files = bytes+info.Size(), files+1
		}
		return err
	})
	return bytes, files, err
}

func runMapping(name, dir string, n sizes) error {
	job, ok := mappingJobs[name]
	if !ok {
		return errors.New("no job " + strconv.Quote(name))
	}
	return job(dir, n)
}
