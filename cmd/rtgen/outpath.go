package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/reporters/mapping"
)

// pathFlags are the flags that name a file or a folder, other than those that have
// a word of their own to say.
var pathFlags = []string{
	"baseline", "bundle", "dir", "field2", "gojson", "junit", "links", "matrix", "ops", "ops-coverage", "out", "out-dir",
	"packet", "packet-set", "packets", "plan", "receipt-out", "registries", "root", "runtime-results", "scenarios", "scratch",
	"staging", "system-profile-digests", "tag-layouts", "vocab",
}

// checkPaths refuses what a script makes of a variable that is not set, where a
// default would be taken in its place, and the dash by which other tools mean
// standard input or output: here it would be a file of that name.
func checkPaths(cmd *cobra.Command) error {
	for _, name := range pathFlags {
		f := cmd.Flag(name)
		if f == nil || !f.Changed {
			continue
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(interface{ GetSlice() []string }); ok {
			values = list.GetSlice()
		}
		switch {
		case slices.Contains(values, "-"):
			return &usageError{fmt.Errorf("--%s takes no -: name what it is about, ./- if that is its name", name)}
		case slices.Contains(values, "") && !strings.Contains(f.Usage, "(required)"):
			return &usageError{fmt.Errorf("--%s is empty: give it a value, or drop it", name)}
		}
	}
	return nil
}

// checkOut says why a command must not replace the file out with its document: it
// is no regular file, one of those that the command reads, part of a committed run
// or of mappings, or holds something else than a JSON document with the mark that
// such documents have near their start. An out that is not there is never refused,
// nor one that cannot be looked at: who writes it will say.
func checkOut(flag, out, mark string, reads ...string) error {
	info, err := os.Stat(out)
	if err != nil {
		return nil
	}
	if !info.Mode().IsRegular() {
		return &usageError{fmt.Errorf("--%s: %s is no regular file; name a file", flag, shown(out))}
	}
	for _, file := range reads {
		if read, err := os.Stat(file); err == nil && os.SameFile(info, read) {
			return &usageError{fmt.Errorf("--%s: %s is what the command reads; name another file", flag, shown(out))}
		}
	}
	if dir := runOf(out); dir != "" {
		return &usageError{fmt.Errorf("--%s: %s belongs to the committed run %s, which it would break; name another file", flag, shown(out), shown(dir))}
	}
	if dir := mappingsOf(filepath.Dir(out)); dir != "" && flag != "receipt-out" { // a promotion's own
		return &usageError{inMappings(flag, out, dir)}
	}
	if !isDocument(out, mark) {
		return &usageError{fmt.Errorf("--%s: %s is there and not what this command writes; move it away, or name another file", flag, shown(out))}
	}
	return nil
}

// checkReport says why a run must not write a report over the file out: something
// else than such a report is in it. A pipe or a terminal takes one.
func checkReport(flag, out, mark string) error {
	info, err := os.Stat(out)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	if head, err := headOf(out); err == nil && len(head) > 0 && !bytes.Contains(head, []byte(mark)) {
		return &usageError{fmt.Errorf("--%s: %s is there and no such report; move it away, or name another file", flag, shown(out))}
	}
	return nil
}

// checkCut says why a cut must not be written to dir: it is a committed run, part
// of a promotion, or one of the files that would be replaced is of nobody's cut.
func checkCut(flag, dir string) error {
	if _, err := os.Stat(filepath.Join(dir, indexFile)); err == nil {
		return &usageError{fmt.Errorf("--%s: %s is a committed run; name a folder of its own", flag, shown(dir))}
	}
	if mappings := mappingsOf(dir); mappings != "" {
		return &usageError{inMappings(flag, dir, mappings)}
	}
	for _, name := range cutFiles {
		file := filepath.Join(dir, name)
		if head, err := headOf(file); err == nil && !bytes.Contains(head, []byte(metaMark)) {
			return &usageError{fmt.Errorf("--%s: %s is there and of no cut; move it away, or name another folder", flag, shown(file))}
		}
	}
	return nil
}

// The marks of documents; see checkOut.
const (
	anyMark       = ""
	metaMark      = `"runtime_log_schema"`
	packetMark    = "promotion_packet.v"
	inventoryMark = "inventory.v"
	junitMark     = "<testsuite"
	gojsonMark    = `"Action"`
)

// cutFiles are what a cut and its promotion write, traces aside.
var cutFiles = []string{"events_index.json", "ops.json", "runtime_indexes.json", "runtime_manifest.json", "runtime_story.json", "scenarios.json"}

// mappingsOf is dir, or the nearest folder above it, that rtgen promote-packets made;
// empty when none is.
func mappingsOf(dir string) string {
	dir, err := filepath.Abs(dir)
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, mapping.IndexFile)); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return ""
}

func inMappings(flag, path, mappings string) error {
	return fmt.Errorf("--%s: %s is part of the mappings in %s, which it would break; promote-packets makes them anew, or name another place", flag, shown(path), shown(mappings))
}

// indexFile commits a run.
const indexFile = "artifact_index.json"

// runOf is the committed run whose index names the file; empty when none does.
func runOf(file string) string {
	file, err := filepath.Abs(file)
	if err != nil {
		return ""
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(file)); err == nil {
		file = filepath.Join(dir, filepath.Base(file))
	}
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		if text, err := os.ReadFile(filepath.Join(dir, indexFile)); err == nil && indexes(text, filepath.ToSlash(strings.TrimPrefix(file, dir))) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// indexes says whether the artifact index names the file, "/name" seen from the
// run folder, or is it.
func indexes(index []byte, file string) bool {
	var doc struct {
		Artifacts []struct {
			Path string `json:"path"`
		} `json:"artifacts"`
	}
	if json.Unmarshal(index, &doc) != nil {
		return false
	}
	for _, a := range doc.Artifacts {
		if strings.HasSuffix("/"+a.Path, file) {
			return true
		}
	}
	return file == "/"+indexFile
}

// isDocument says whether a file is empty, or looks like JSON and has the mark.
func isDocument(file, mark string) bool {
	head, err := headOf(file)
	head = bytes.TrimLeft(head, " \t\r\n")
	return err != nil || len(head) == 0 || (head[0] == '{' || head[0] == '[') && bytes.Contains(head, []byte(mark))
}

// headOf is the first KiB of a file.
func headOf(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1024))
}
