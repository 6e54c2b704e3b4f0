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

// backfillPause is how often the write-ahead log is copied into the database.
const backfillPause = time.Second

// backfill copies the write-ahead log into the database once a second, on a
// connection of its own: SQLite would do it within a commit, and everybody whose
// write is in that batch, and in the next, would wait for the disk.
func (s *Store) backfill() {
	tick := time.NewTicker(backfillPause)
	defer tick.Stop()
	for {
		select {
		case <-s.closing.Done():
			return
		case <-tick.C:
		}
		if !s.written.Swap(false) {
			continue
		}
		var busy, pages, moved int
		err := s.read.QueryRowContext(s.closing, s.dialect.backfill).Scan(&busy, &pages, &moved)
		if err == nil && pages >= s.opts.CheckpointAt {
			s.long.Store(true)
		}
	}
}

// restart copies what little the write-ahead log has since it was copied last, if
// it has grown long: only between two writes can all of it be copied, and only
// then does it begin anew.
func (w *writer) restart(ctx context.Context) {
	if w.s.long.Swap(false) {
		var busy, pages, moved int
		_ = w.conn.QueryRowContext(ctx, w.s.dialect.backfill).Scan(&busy, &pages, &moved) // the next round tries again
	}
}
