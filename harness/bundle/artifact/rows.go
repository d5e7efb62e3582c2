package artifact

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// What rows holds at once, beside one row of any size.
const (
	batchRows  = 128
	batchBytes = 1 << 20
)

// rows reads an array and hands its elements over in order. Decoding is most of
// what reading costs, so a batch of rows is decoded on all processors.
func rows[T any](d *Reader, row func(*T) error) error {
	if err := d.take('[', "an array"); err != nil {
		return err
	}
	b := batch[T]{row: row}
	err := d.each(']', func() error {
		raw, at, err := d.rawAt()
		if err != nil {
			return fmt.Errorf("row %d: %w", b.first+len(b.rows), err)
		}
		return b.add(raw, at)
	})
	// The rows before the one that cannot be read come first.
	if early := b.flush(); early != nil {
		return early
	}
	return err
}

// batch is rows that stand one after another.
type batch[T any] struct {
	row   func(*T) error
	first int // number of rows[0] in the array
	rows  []pending[T]
	text  []byte // of all of them
}

// pending is a row that was read and not handed over.
type pending[T any] struct {
	start, end int // in the batch's text
	at         int64
	value      *T
	err        error
}

func (b *batch[T]) add(raw []byte, at int64) error {
	start := len(b.text)
	b.text = append(b.text, raw...)
	b.rows = append(b.rows, pending[T]{start: start, end: len(b.text), at: at})
	if len(b.rows) < batchRows && len(b.text) < batchBytes {
		return nil
	}
	return b.flush()
}

// flush hands over what is there. After an error nothing is.
func (b *batch[T]) flush() error {
	b.decode()
	rows, first := b.rows, b.first
	b.rows, b.text, b.first = b.rows[:0], b.text[:0], b.first+len(b.rows)
	for i := range rows {
		err := rows[i].err
		if err == nil {
			err = b.row(rows[i].value)
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", first+i, err)
		}
	}
	return nil
}

func (b *batch[T]) decode() {
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < len(b.rows); i = int(next.Add(1)) - 1 {
			p := &b.rows[i]
			p.value = new(T)
			p.err = decodeAt(b.text[p.start:p.end], p.at, p.value)
		}
	}
	const worthIt = 8 // rows
	var wg sync.WaitGroup
	for range min(len(b.rows)/worthIt, runtime.GOMAXPROCS(0)-1) {
		wg.Go(work)
	}
	work()
	wg.Wait()
}
