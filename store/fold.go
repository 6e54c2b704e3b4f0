package store

import (
	"context"
	"time"
)

// foldPause is how soon the write-ahead log is emptied after something was
// erased, and how often it is tried where a reader is in the way.
const foldPause = 200 * time.Millisecond

// foldFirst is when the write-ahead log is emptied for the first time: a process
// that was killed may have left in it what was erased.
const foldFirst = 30 * time.Second

// foldIn empties the write-ahead log, if it holds what was erased. A reader that
// began before stands in the way: then it is tried again later, for the writer
// waits for nobody.
func (w *writer) foldIn(ctx context.Context) {
	if !w.fold || w.s.dialect.fold == "" {
		w.fold = false
		return
	}
	var busy, pages, moved int
	if _, err := w.conn.ExecContext(ctx, `PRAGMA busy_timeout = 20`); err != nil {
		return
	}
	err := w.conn.QueryRowContext(ctx, w.s.dialect.fold).Scan(&busy, &pages, &moved)
	if err == nil && busy == 0 {
		w.fold = false
	}
	if _, err := w.conn.ExecContext(ctx, `PRAGMA busy_timeout = 10000`); err != nil {
		w.reconnect(ctx)
	}
}

// foldAtEnd empties the write-ahead log before the connection is closed: another
// process that has the file open would leave it there.
func (w *writer) foldAtEnd() {
	for range 10 {
		if w.foldIn(context.Background()); !w.fold {
			return
		}
		time.Sleep(foldPause / 2)
	}
	w.s.log.Warn("what was erased is still in the write-ahead log: another process reads it. It goes when that log is next folded in.")
}
