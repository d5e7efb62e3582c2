package launchd

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// guarded are folders of a home that TCC keeps jobs of launchd out of: the program
// that starts the job may have been let in, launchd has not. The first names are
// what people are asked about, the others what other programs keep there.
var guarded = []string{
	"Desktop", "Documents", "Downloads",
	"Library/Mobile Documents", "Library/CloudStorage", "Library/Containers", "Library/Group Containers", ".Trash",
}

// distant are folders below which other disks and hosts are mounted: TCC guards
// removable and network volumes too, and a volume may be mounted noexec.
var distant = []string{"/Volumes", "/Network", "/net", "/home"}

// barred says why a job of launchd may not run what is at path, which has no
// symlinks in it; empty when it may. Home is the user's.
func barred(path, home string) string {
	// The data volume's own spelling of a firmlink, firmlinks(8), leads to the same.
	path = strings.TrimPrefix(path, "/System/Volumes/Data")
	for _, dir := range distant {
		if below(path, dir) {
			return "it lies below " + dir + ", on a disk that launchd's jobs may not use without consent"
		}
	}
	homes := []string{home}
	if rest, ok := strings.CutPrefix(path, "/Users/"); ok { // another user's
		name, _, _ := strings.Cut(rest, "/")
		homes = append(homes, "/Users/"+name)
	}
	for _, home := range homes {
		for _, dir := range guarded {
			if home != "" && below(path, filepath.Join(home, dir)) {
				return "it lies below " + filepath.Join(home, dir) + ", which launchd's jobs may not read without consent"
			}
		}
	}
	return ""
}

// below compares as macOS's file systems do unless they were made otherwise.
func below(path, dir string) bool {
	return len(path) > len(dir) && path[len(dir)] == '/' && strings.EqualFold(path[:len(dir)], dir)
}

// stage copies the program to where a job may run it, where it must.
func stage(program, home, to string) (*Staging, error) {
	// A home may be spelled through a link, as the program's path was.
	if real, err := filepath.EvalSymlinks(home); err == nil {
		home = real
	}
	reason := barred(program, home)
	if reason == "" {
		return nil, nil
	}
	sum, err := copyProgram(program, to)
	if err != nil {
		return nil, fmt.Errorf("copy %s to %s, where a job of launchd may run it: %w", program, to, err)
	}
	return &Staging{From: program, To: to, Reason: reason, SHA256: sum}, nil
}

// copyProgram copies the bytes and nothing else: no extended attribute, such as
// a quarantine, goes with them, and a code signature is among them. The copy is a
// new file: the kernel remembers what it made of a file's signature.
func copyProgram(from, to string) (sum string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return "", err
	}
	read := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, read), in)
	if err = errors.Join(err, out.Close()); err != nil {
		return "", err
	}
	sum = hex.EncodeToString(read.Sum(nil))
	written, err := digest(to)
	if err == nil && written != sum {
		err = fmt.Errorf("the copy has digest %s, what was read %s", written, sum)
	}
	return sum, err
}

func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
