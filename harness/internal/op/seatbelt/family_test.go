package seatbelt_test

import (
	"slices"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

func TestCovers(t *testing.T) {
	for _, row := range []struct {
		name, operation string
		want            bool
	}{
		{"file-read*", "file-read-data", true},
		{"file-read*", "file-read*", true},
		{"file*", "file-read*", true},
		{"file*", "file-write-data", true},
		{"file-read-data", "file-read*", false},
		{"file-read*", "file-revoke", false},
		{"file-link", "file-link", true},
		{"process-exec", "process-exec*", true},
		{"process-exec", "process-exec-interpreter", true},
		{"process-exec*", "process-exec*", true},
		{"process-exec-interpreter", "process-exec*", false},
		{"file-unlink", "file-write-unlink", true},
		{"ipc-posix-shm", "ipc-posix-shm-write-create", true},
		{"system-misc", "system-info", true},
		{"qtn-download", "qtn-user", false},
		{"default", "file-read-data", false},
		{"default", "default-message-filter", false},
	} {
		if got := seatbelt.Covers(row.name, row.operation); got != row.want {
			t.Errorf("Covers(%q, %q) = %v, want %v", row.name, row.operation, got, row.want)
		}
	}
}

func TestMembers(t *testing.T) {
	for name, want := range map[string][]string{
		"file-read*":     {"file-read-data", "file-read-metadata", "file-read-xattr"},
		"file-read-data": {"file-read-data"},
		"process-exec":   {"process-exec*", "process-exec-interpreter", "process-exec-update-label"},
		"file-rite*":     nil,
	} {
		if got := seatbelt.Members(name); !slices.Equal(got, want) {
			t.Errorf("Members(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestKnownFilter(t *testing.T) {
	for name, want := range map[string]bool{
		"global-name": true, "global-name-prefix": true, "global-name-regex": true,
		"file-mode": true, "global": false, "": false, "-prefix": false,
	} {
		if got := seatbelt.KnownFilter(name); got != want {
			t.Errorf("KnownFilter(%q) = %v, want %v", name, got, want)
		}
	}
}
