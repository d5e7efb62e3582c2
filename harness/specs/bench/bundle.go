package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
)

// bundleJobs are what is done with a committed run folder, each in a process of
// its own so that its memory can be told.
var bundleJobs = []struct {
	name, title string
	do          func(dir, scratch string) error
}{
	{"commit", "commit, fsync and all", commitAgain},
	{"load", "load", func(dir, _ string) error { _, err := harness.LoadBundle(dir); return err }},
	{"validate", "validate", validateJob(harness.ValidateBundle)},
	{"deep", "validate --deep", validateJob(harness.ValidateBundleDeep)},
	{"emit", "emit-promotion", func(dir, scratch string) error {
		_, err := harness.EmitPromotionPacket(dir, filepath.Join(scratch, "packet.json"), true)
		return err
	}},
}

func validateJob(validate func(string) (*harness.ValidationResult, error)) func(dir, scratch string) error {
	return func(dir, _ string) error {
		v, err := validate(dir)
		if err == nil && !v.OK() {
			err = fmt.Errorf("%s", v.Findings[0])
		}
		return err
	}
}

// runBundle does one of the jobs in this process, and says on stdout what memory
// it took. The kernel's word to a parent (ru_maxrss of getrusage(2)) is no use
// here: it is never below what the parent itself had.
func runBundle(name, dir, scratch string) error {
	for _, job := range bundleJobs {
		if job.name != name {
			continue
		}
		if err := job.do(dir, scratch); err != nil {
			return err
		}
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			return err
		}
		_, peak, _ := strings.Cut(string(status), "VmHWM:")
		fmt.Println(strings.Fields(peak)[0])
		return nil
	}
	return fmt.Errorf("no job %q", name)
}

// timedJob is timed with the job's own word on its memory; for the system's
// programs there is none.
func timedJob(cmd *exec.Cmd) (cost, error) {
	var out strings.Builder
	cmd.Stdout = &out
	c, err := timed(cmd)
	c.rss = 0
	if kb, parsed := strconv.ParseInt(strings.TrimSpace(out.String()), 10, 64); parsed == nil {
		c.rss = kb << 10
	}
	return c, err
}

// commitAgain writes the artifacts of a run folder into another.
func commitAgain(dir, scratch string) error {
	b, err := harness.LoadBundle(dir)
	if err != nil {
		return err
	}
	st, err := bundle.Create(scratch, bundle.Options{RunID: fmt.Sprint("again", time.Now().UnixNano()), WorldID: b.WorldID()})
	if err != nil {
		return err
	}
	defer st.Close()
	for _, e := range b.Index.Artifacts {
		name := path.Base(e.Path)
		if name == bundle.StatusFile {
			continue
		}
		err := st.WriteFrom(name, e.SchemaVersion, func(w io.Writer) error {
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.Copy(w, f)
			return err
		})
		if err != nil {
			return err
		}
	}
	return st.Commit(bundle.StatusOK)
}

// benchBundle commits and reads the run folder that LATEST of out names, beside
// what the system's own programs take to copy its files and to hash them.
func benchBundle(out, scratch string) error {
	b, err := harness.LoadBundle(out)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return err
	}
	var files []string
	var size int64
	for _, e := range b.Index.Artifacts {
		files = append(files, filepath.Join(b.Dir, path.Base(e.Path)))
		size += e.FileSize
	}
	again := func(job string) *exec.Cmd { return exec.Command(self, "-bundle", job, b.Dir, scratch) }
	rows := []struct {
		title string
		cmd   *exec.Cmd
	}{
		{"cp and sync", exec.Command("sh", append([]string{"-c", `d=$1; shift; cp "$@" "$d" && sync -f "$d"`, "sh", scratch}, files...)...)},
		{bundleJobs[0].title, again(bundleJobs[0].name)},
		{"sha256sum", exec.Command("sha256sum", files...)},
	}
	for _, job := range bundleJobs[1:] {
		rows = append(rows, struct {
			title string
			cmd   *exec.Cmd
		}{job.title, again(job.name)})
	}
	fmt.Printf("a bundle of %d files and %d MB:\n", len(files), size>>20)
	for _, row := range rows {
		c, err := timedJob(row.cmd)
		if err != nil {
			return err
		}
		printBundleRow(row.title, size, c)
	}
	return benchLargest(self, scratch)
}

// benchLargest shows that what a reader holds does not grow with what it reads.
func benchLargest(self, scratch string) error {
	for _, mb := range []int64{10, 1000} {
		out := filepath.Join(scratch, fmt.Sprint(mb))
		st, err := bundle.Create(out, bundle.Options{RunID: "r1"})
		if err != nil {
			return err
		}
		err = st.WriteFrom("large.json", nil, func(w io.Writer) error {
			block := make([]byte, 1<<20)
			for range mb {
				if _, err := w.Write(block); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			err = st.Commit(bundle.StatusOK)
		}
		if err != nil {
			return err
		}
		if err := st.Close(); err != nil {
			return err
		}
		c, err := timedJob(exec.Command(self, "-bundle", "validate", out, scratch))
		if err != nil {
			return err
		}
		printBundleRow(fmt.Sprintf("validate one file of %d MB", mb), mb<<20, c)
		if err := os.RemoveAll(out); err != nil {
			return err
		}
	}
	return nil
}

func printBundleRow(title string, size int64, c cost) {
	fmt.Printf("  %-32s %6.2f s   %6.0f MB/s", title, c.wall.Seconds(), float64(size)/(1<<20)/c.wall.Seconds())
	if c.rss > 0 {
		fmt.Printf("   %5.0f MB", float64(c.rss)/(1<<20))
	}
	fmt.Println()
}
