package analysis

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// traceKeys is the order of the keys in a line of a trace.
var traceKeys = []string{
	"world_id", "profile_id", "run_id", "operation", "target", "expectation_id", "scenario_id", "probe_name",
	"requested_path", "observed_path", "observed_path_source", "normalized_path", "normalized_path_source",
	"expected", "actual", "match",
	"primary_intent", "reached_primary_op", "first_denial_op", "first_denial_filters", "decision_path",
	"intended_op_witnessed", "runtime_status", "errno", "failure_stage", "failure_kind", "errno_name",
	"policy_layers", "tcc_confounder", "service_confounder", "file_confounder", "sandbox_check_prepass", "resource_hygiene",
	"apply_report", "runner_info", "seatbelt_callouts", "entitlement_checks", "preflight",
	"probe_details", "violation_summary", "command", "stdout", "notes", "stderr", "harness",
}

// lineType is artifact.Event with its fields in the order of traceKeys, and
// lineFields says which field of the event each is.
var lineType, lineFields = func() (reflect.Type, []int) {
	event := reflect.TypeFor[artifact.Event]()
	byKey := map[string]int{}
	for i := range event.NumField() {
		key, _, _ := strings.Cut(event.Field(i).Tag.Get("json"), ",")
		byKey[key] = i
	}
	var fields []reflect.StructField
	var from []int
	for _, key := range traceKeys {
		fields = append(fields, event.Field(byKey[key]))
		from = append(from, byKey[key])
	}
	return reflect.StructOf(fields), from
}()

// traceLine is an observation as a line of a trace.
func traceLine(e *artifact.Event) ([]byte, error) {
	event, line := reflect.ValueOf(e).Elem(), reflect.New(lineType)
	for i, from := range lineFields {
		line.Elem().Field(i).Set(event.Field(from))
	}
	return artifact.Encode(line.Interface(), artifact.Line)
}

const traceSuffix = ".jsonl"

var unsafeRun = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// traceName is the file name of a scenario's trace: its id with every run of
// characters that may mean something in a path as one "_", and none at the ends.
func traceName(scenarioID string) string {
	safe := strings.Trim(unsafeRun.ReplaceAllString(scenarioID, "_"), "_")
	return cmp.Or(safe, "scenario") + traceSuffix
}

// maxWaiting bounds the bytes of lines that are not written yet. Many scenarios
// are seen once, and some in every bundle: lines wait to be written together, so
// that no file is opened for each.
const maxWaiting = 4 << 20

// traces are the traces of a cut on their way to their folder.
type traces struct {
	dir     string             // of the cut
	staged  string             // where they are written; empty until something is
	waiting map[string][]byte  // by file name
	size    int                // of all that waits
	writing chan error         // closed when what waited before is written; nil: nothing is
	written map[string]FileSum // by file name; its size is negative for a trace that was written in parts
}

// FileSum is what a file is known by.
type FileSum struct {
	Size   int64
	SHA256 bundle.Digest
}

func newTraces(dir string) *traces {
	return &traces{dir: dir, waiting: map[string][]byte{}, written: map[string]FileSum{}}
}

// add puts an observation at the end of the trace of that name.
func (t *traces) add(name string, e *artifact.Event) error {
	line, err := traceLine(e)
	if err != nil {
		return fmt.Errorf("observation %q: %w", e.ScenarioID, err)
	}
	t.waiting[name] = append(t.waiting[name], line...)
	if t.size += len(line); t.size < maxWaiting {
		return nil
	}
	return t.flush()
}

// flush begins to write what waits, while observations go on coming: making a
// file costs about as much as making a line. One goroutine makes them all, because
// a folder takes one file at a time.
func (t *traces) flush() error {
	if err := t.wait(); err != nil {
		return err
	}
	if len(t.waiting) == 0 {
		return nil
	}
	if t.staged == "" {
		if err := os.MkdirAll(t.dir, 0o777); err != nil {
			return err
		}
		staged := filepath.Join(t.dir, "."+TracesFolder+"."+rand.Text())
		if err := os.Mkdir(staged, 0o777); err != nil {
			return err
		}
		t.staged = staged
	}
	done, lines := make(chan error, 1), t.waiting
	go func() {
		defer close(done)
		for name, text := range lines {
			if err := appendFile(filepath.Join(t.staged, name), text); err != nil {
				done <- err
				return
			}
			sum := FileSum{Size: -1}
			if _, again := t.written[name]; !again {
				sum = FileSum{int64(len(text)), bundle.DigestOf(text)}
			}
			t.written[name] = sum
		}
	}()
	t.writing, t.waiting, t.size = done, map[string][]byte{}, 0
	return nil
}

// wait is over when everything that was flushed is written.
func (t *traces) wait() error {
	if t.writing == nil {
		return nil
	}
	err := <-t.writing
	t.writing = nil
	return err
}

func appendFile(file string, data []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// sums are those of the traces that were written in one go, when all are written.
func (t *traces) sums() map[string]FileSum {
	maps.DeleteFunc(t.written, func(_ string, sum FileSum) bool { return sum.Size < 0 })
	return t.written
}

// publish puts the traces beside those of scenarios that did not occur again.
func (t *traces) publish() error {
	if t.staged == "" {
		return nil
	}
	final := filepath.Join(t.dir, TracesFolder)
	info, err := os.Lstat(final)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.Rename(t.staged, final)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s: traces go into a folder of that name, and it is none; remove it", final)
	}
	files, err := os.ReadDir(t.staged)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Rename(filepath.Join(t.staged, f.Name()), filepath.Join(final, f.Name())); err != nil {
			return err
		}
	}
	return os.Remove(t.staged)
}

// discard removes what was staged.
func (t *traces) discard() error {
	err := t.wait()
	if t.staged != "" {
		err = errors.Join(err, os.RemoveAll(t.staged))
	}
	return err
}
