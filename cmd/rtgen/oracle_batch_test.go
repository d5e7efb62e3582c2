package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/rtgen/rtgen/harness"
)

// question asks about a port of a policy that grants the one below 100.
func question(port int) string {
	return fmt.Sprintf(`{"profile_text": "{\"netPort\": [{\"allowedAccess\": [\"connect_tcp\"], \"port\": [99]}]}", "operation": "net.connect_tcp", "target": "127.0.0.1:%d", "world": "linux-6.7.1-x86_64-landlock4-0123abcd"}`, port)
}

// TestBatchStreams holds that an answer is there before the next question is
// asked, and that those of questions asked at once come in order.
func TestBatchStreams(t *testing.T) {
	questions, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, _, err := answerBatch(questions, out)
		out.Close()
		ended <- err
	}()
	// A pipe that hangs fails the test, with what is missing.
	if err := answers.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	scan := bufio.NewScanner(answers)
	next := func(port int) {
		t.Helper()
		if !scan.Scan() {
			t.Fatalf("no answer about port %d: %v", port, scan.Err())
		}
		if want := fmt.Sprintf(`"127.0.0.1:%d"`, port); !strings.Contains(scan.Text(), want) {
			t.Fatalf("answer %s, want one about %s", scan.Text(), want)
		}
	}
	begun := ""
	for port := range 3 {
		// The beginning of the next question does not hold the answer up.
		rest := strings.TrimPrefix(question(port), begun)
		begun = "{"
		fmt.Fprintf(in, "%s\n%s", rest, begun)
		next(port)
	}
	var many strings.Builder
	fmt.Fprintln(&many, strings.TrimPrefix(question(3), begun))
	for port := 4; port < 2000; port++ {
		fmt.Fprintln(&many, question(port))
	}
	go func() {
		io.WriteString(in, strings.TrimSuffix(many.String(), "\n"))
		in.Close()
	}()
	for port := 3; port < 2000; port++ {
		next(port)
	}
	if scan.Scan() {
		t.Errorf("one answer too many: %s", scan.Text())
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestBatchLongLines(t *testing.T) {
	long := strings.Repeat(" ", 1<<20) + question(99)
	var out bytes.Buffer
	total, faulty, err := answerBatch(strings.NewReader(long+"\r\n"+strings.Repeat("x", maxLine+1)+"\n"+question(1)+"\r"), &out)
	if total != 3 || faulty != 1 || err != nil {
		t.Errorf("%d lines, %d faulty, %v", total, faulty, err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{`{"decision":"allow",`, `"reason":"line 2: larger than 8388608 bytes; split it"}`, `{"decision":"deny",`, ""} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("answer %d is %s, want %s", i+1, lines[i], want)
		}
	}
}

func TestBatchReadError(t *testing.T) {
	var out bytes.Buffer
	r := io.MultiReader(strings.NewReader(question(99)+"\n"+question(1)), iotest.ErrReader(io.ErrUnexpectedEOF))
	total, _, err := answerBatch(r, &out)
	if total != 2 || err != io.ErrUnexpectedEOF || strings.Count(out.String(), "\n") != 2 {
		t.Errorf("%d lines, %v, answers %s", total, err, out.String())
	}
}

func TestBatchWriteError(t *testing.T) {
	r, w := io.Pipe()
	r.CloseWithError(io.ErrShortWrite)
	if _, _, err := answerBatch(strings.NewReader(strings.Repeat(question(99)+"\n", 10000)), w); err != io.ErrShortWrite {
		t.Errorf("error %v", err)
	}
}

// TestBatchOfRealDecisions asks, through a process and a pipe, what a Mac was seen
// to decide: from files, which tell what they are by what they begin with.
func TestBatchOfRealDecisions(t *testing.T) {
	data, err := os.ReadFile("../../harness/internal/oracle/sbpl/testdata/sonoma-decisions.json")
	if err != nil {
		t.Fatal(err)
	}
	var real struct {
		World    string            `json:"world_id"`
		Symlinks map[string]string `json:"symlinks"`
		Profiles map[string]string `json:"profiles"`
		Rows     []struct {
			ID        string  `json:"id"`
			Profile   string  `json:"profile"`
			Operation string  `json:"operation"`
			Target    string  `json:"target"`
			Syscall   *string `json:"syscall"`
			Decision  string  `json:"decision"`
			Resolved  *string `json:"resolved_path"`
		} `json:"rows"`
	}
	if err := json.Unmarshal(data, &real); err != nil {
		t.Fatal(err)
	}
	if len(real.Rows) != 141 {
		t.Errorf("%d rows, want 141", len(real.Rows))
	}
	dir := t.TempDir()
	files := make(map[string]string)
	var questions bytes.Buffer
	enc := json.NewEncoder(&questions)
	for _, r := range real.Rows {
		file, written := files[r.Profile]
		if !written {
			file = filepath.Join(dir, fmt.Sprintf("profile%d", len(files)))
			files[r.Profile] = file
			if err := os.WriteFile(file, []byte(real.Profiles[r.Profile]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := enc.Encode(map[string]any{
			"profile": file, "operation": r.Operation, "target": r.Target, "syscall": r.Syscall, "world": nil, "symlinks": real.Symlinks,
		}); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("rtgen", "oracle", "--batch", "-")
	cmd.Stdin, cmd.Stderr = &questions, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(bytes.NewReader(out))
	for _, r := range real.Rows {
		var a harness.OracleAnswer
		if err := answers.Decode(&a); err != nil {
			t.Fatal(err)
		}
		if a.Decision != r.Decision || a.Rule == nil || a.Reason == "" || (a.Decision == "deny") != (len(a.Missing) > 0) {
			t.Errorf("%s: %s, rule %v, missing %v, want %s: %s", r.ID, a.Decision, a.Rule, a.Missing, r.Decision, a.Reason)
		}
		if r.Resolved != nil && (a.Resolved == nil || *a.Resolved != *r.Resolved) {
			t.Errorf("%s: %s leads to %v, want %s", r.ID, r.Target, a.Resolved, *r.Resolved)
		}
	}
	if answers.More() {
		t.Error("more answers than questions")
	}
}

// FuzzLines holds that lines are read as they stand, whatever pieces they come in
// and however many there are.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\n\nb\r\nc"), 1)
	f.Add([]byte("\n"), 2)
	f.Add(bytes.Repeat([]byte("xy\n"), 3*maxChunk), 7)
	f.Add(append(bytes.Repeat([]byte("z"), 70<<10), '\n', 'a'), 1<<16)
	f.Fuzz(func(t *testing.T, text []byte, piece int) {
		l := newLineReader(&pieces{text: text, size: 1 + piece&0xffff})
		var got [][]byte
		for {
			c, err := l.next()
			if c.first != len(got)+1 || len(c.lines) > maxChunk {
				t.Fatalf("chunk of %d lines from line %d, want it from %d", len(c.lines), c.first, len(got)+1)
			}
			got = append(got, c.lines...)
			if err == io.EOF {
				break
			}
			if err != nil || len(c.lines) == 0 {
				t.Fatalf("%d lines, %v", len(c.lines), err)
			}
		}
		want := bytes.Split(text, []byte("\n"))
		if last := len(want) - 1; len(want[last]) == 0 {
			want = want[:last]
		}
		if len(got) != len(want) {
			t.Fatalf("%d lines, want %d", len(got), len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i][:min(len(want[i]), maxLine)]) {
				t.Fatalf("line %d is %.100q, want %.100q", i+1, got[i], want[i])
			}
		}
	})
}

// pieces reads a few bytes at a time.
type pieces struct {
	text []byte
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(p.size, len(b))], p.text)
	p.text = p.text[n:]
	return n, nil
}
