package analysis_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

const (
	linuxWorld = "linux-6.18.0-x86_64-landlock7-0123abcd"
	macWorld   = "sonoma-14.4.1-23E224-arm64-dyld-2c0602c5"
)

// row is an observation that counts; tests change what they are about.
func row(operation, scenario, expected, actual string) artifact.Event {
	e := artifact.Event{
		WorldID: linuxWorld, ProfileID: "p", ScenarioID: scenario, ExpectationID: scenario, Operation: operation, Target: "/t", Expected: expected,
	}
	if actual != "" {
		e.Actual, e.Match = &actual, new(actual == expected)
	}
	return e
}

// blocked is a row whose operation was never reached.
func blocked(e artifact.Event, stage, kind string) artifact.Event {
	e.Actual, e.Match, e.FailureStage = nil, nil, &stage
	if kind != "" {
		e.FailureKind = &kind
	}
	return e
}

// referenceBundles finds real bundles kept beside the repository.
func referenceBundles(t testing.TB) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "reference-bundles"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); err != nil {
		t.Skipf("no real bundles to read: %v", err)
	}
	return root
}

func read(t testing.TB, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func put(t testing.TB, text string, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
