package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func runOracleBatch(cmd *cobra.Command, file string) error {
	if err := batchAlone(cmd); err != nil {
		return err
	}
	in, name := cmd.InOrStdin(), "standard input"
	if file != "-" {
		f, err := openBatch(file)
		if err != nil {
			return err
		}
		defer f.Close()
		in, name = f, file
	}
	debug.SetGCPercent(400) // little lives longer than a line
	total, faulty, err := answerBatch(in, cmd.OutOrStdout())
	switch {
	case err != nil:
		return fmt.Errorf("%s: after line %d: %w", name, total, err)
	case faulty > 0:
		return &usageError{fmt.Errorf("%s: %d of %d lines could not be asked: the reasons of their answers say why", name, faulty, total)}
	}
	return nil
}

// openBatch opens a file of questions, which may be a pipe.
func openBatch(file string) (*os.File, error) {
	f, err := os.Open(file)
	if err == nil {
		var info os.FileInfo
		if info, err = f.Stat(); err == nil && info.IsDir() {
			err = errors.New("is a folder; name a file of questions")
		}
		if err == nil {
			return f, nil
		}
		f.Close()
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return nil, &harness.DataError{File: file, Faults: []harness.Fault{{Msg: err.Error()}}}
}

// ahead is how many chunks may wait for an older one.
const ahead = 16

// answerBatch answers every line of r, in order: a chunk of lines on each
// processor at a time. What there is is written whenever there is something to
// wait for. The error ends the batch; faulty lines, which have an answer too, do
// not.
func answerBatch(r io.Reader, w io.Writer) (total, faulty int, err error) {
	oracle := harness.NewOracle()
	chunks, work := make(chan *chunk, ahead), make(chan *chunk)
	var readErr error
	go func() {
		defer close(chunks)
		defer close(work)
		lines := newLineReader(r)
		for readErr == nil {
			var c *chunk
			c, readErr = lines.next()
			if len(c.lines) > 0 {
				chunks <- c // to the writer, which waits for it
				work <- c
			}
		}
	}()
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for c := range work {
				c.answer(oracle)
				close(c.done)
			}
		}()
	}
	out := bufio.NewWriterSize(w, 64<<10)
	for c := range chunks {
		select {
		case <-c.done:
		default:
			if err := out.Flush(); err != nil {
				return total, faulty, err
			}
			<-c.done
		}
		total, faulty = total+len(c.lines), faulty+c.faulty
		if _, err := out.Write(c.answers); err != nil {
			return total, faulty, err
		}
		if len(chunks) == 0 {
			if err := out.Flush(); err != nil {
				return total, faulty, err
			}
		}
	}
	if err := out.Flush(); err != nil || readErr == io.EOF {
		return total, faulty, err
	}
	return total, faulty, readErr
}

// chunk is lines that were there at once, and their answers.
type chunk struct {
	first   int // the number of the first line, from 1
	lines   [][]byte
	done    chan struct{} // closed when what follows is set
	answers []byte
	faulty  int
}

func (c *chunk) answer(oracle *harness.Oracle) {
	c.answers = make([]byte, 0, len(c.lines)*usualAnswer)
	for i, line := range c.lines {
		question, err := harness.ParseOracleQuestion(line)
		var answer harness.OracleAnswer
		if err == nil {
			answer, err = oracle.Ask(question)
		}
		if err != nil {
			c.faulty++
			answer = question.Unasked(fmt.Sprintf("line %d: %v", c.first+i, err))
		}
		c.answers = appendAnswer(c.answers, &answer)
	}
}

// What a chunk holds at most. A line that is longer than any question may be is
// cut off, and refused for its length.
const (
	maxChunk = 256
	maxLine  = harness.MaxOracleQuestion + 1

	usualAnswer = 400 // bytes
)

// lineReader reads lines as they come.
type lineReader struct {
	r    *bufio.Reader
	read int
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10)}
}

// next waits for a line and takes along what else is there already. The last
// line needs no end; the lines read come with the error too, io.EOF at the end.
func (l *lineReader) next() (*chunk, error) {
	c := &chunk{first: l.read + 1, done: make(chan struct{})}
	for {
		line, ended, err := l.line()
		if len(line) > 0 || ended {
			c.lines = append(c.lines, line)
			l.read++
		}
		if err != nil || len(c.lines) == maxChunk || !l.ready() {
			return c, err
		}
	}
}

// ready says that a whole line is there.
func (l *lineReader) ready() bool {
	there, _ := l.r.Peek(l.r.Buffered()) // no more than there is: it cannot fail
	return bytes.IndexByte(there, '\n') >= 0
}

// line reads one line without its end.
func (l *lineReader) line() (line []byte, ended bool, err error) {
	for {
		piece, err := l.r.ReadSlice('\n')
		if ended = err == nil; ended {
			piece = piece[:len(piece)-1]
		}
		line = append(line, piece[:min(len(piece), maxLine-len(line))]...)
		if err != bufio.ErrBufferFull {
			return line, ended, err
		}
	}
}
