package store

import (
	"context"
	"time"
)

// SQLite's write-ahead log is tended beside the writer: once a second it is copied
// into the database and begun anew, and sooner it is emptied where it holds what was
// erased. SQLite would copy it within a commit, and whoever waits for that commit
// would wait for the disk. It can only begin anew at a moment when all of it is copied
// and nobody reads it, so what nobody waits for pauses meanwhile; those who wait for
// an answer are written.

const (
	foldPause = 200 * time.Millisecond // how soon what was erased leaves the log, and how often that is tried where a reader is in the way
	foldFirst = 30 * time.Second       // after the start, where a process that was killed may have left in the log what was erased
	copyPause = time.Second            // how often the log is copied
	catchUp   = 6                      // how often at once, until nothing was written meanwhile
	readPause = 2 * time.Millisecond   // between two of these, where a reader is in the way
)

// tendLog tends the write-ahead log until the store is closed.
func (s *Store) tendLog() {
	fold, copying := time.NewTicker(foldPause), time.NewTicker(copyPause)
	defer fold.Stop()
	defer copying.Stop()
	var first <-chan time.Time
	if s.left {
		first = time.After(foldFirst)
	}
	for {
		select {
		case <-s.closing.Done():
			return
		case <-first:
			s.erased.Store(true)
		case <-fold.C:
			if s.erased.Load() {
				s.beginAnew()
			}
		case <-copying.C:
			if s.written.Swap(false) {
				s.beginAnew()
			}
		}
	}
}

// beginAnew copies the write-ahead log into the database until nothing is left of it,
// and has the next write begin it anew. Where those who wait for an answer write so
// much that the copying never catches up, it is tried again later, and once the log
// is long the writer copies the rest and all wait for it.
func (s *Store) beginAnew() {
	s.between(func(w *writer) { w.holds = true })
	defer s.between(func(w *writer) { w.holds = false })
	pages, copied, before := 0, 0, -1
	for range catchUp {
		if pages, copied = s.copyLog(); pages == copied && pages == before {
			break
		}
		if copied < pages {
			time.Sleep(readPause)
		}
		before = pages
	}
	switch {
	case s.erased.Load():
		s.between(func(w *writer) { w.empty(s.closing) })
	case pages == copied && pages == before:
		s.between(func(w *writer) { w.checkpoint(s.closing, s.dialect.restart) })
	case pages >= s.opts.CheckpointAt:
		s.between(func(w *writer) { w.checkpoint(s.closing, s.dialect.backfill) })
	}
}

// copyLog copies the write-ahead log into the database, on a connection of its own.
// It returns how many pages the log had when it began and how many of them are copied
// now; a page that somebody may still read as it was stays.
func (s *Store) copyLog() (pages, copied int) {
	var busy int
	if err := s.read.QueryRowContext(s.closing, s.dialect.backfill).Scan(&busy, &pages, &copied); err != nil {
		return 0, -1 // the next round tries again
	}
	return pages, copied
}

// between has the writer run fn between two batches, and returns when it has, or when
// the writer has ended.
func (s *Store) between(fn func(*writer)) {
	ran := make(chan struct{})
	select {
	case s.pauses <- func(w *writer) { fn(w); close(ran) }:
		<-ran
	case <-s.done:
	}
}

// empty empties the write-ahead log. A reader that began before stands in the way:
// then it is tried again later.
func (w *writer) empty(ctx context.Context) {
	if w.checkpoint(ctx, w.s.dialect.fold) {
		w.s.erased.Store(false)
	}
}

// checkpoint runs a statement that copies the write-ahead log, and reports whether it
// did all that it is for. It waits for readers, but not for long.
func (w *writer) checkpoint(ctx context.Context, statement string) bool {
	if _, err := w.conn.ExecContext(ctx, `PRAGMA busy_timeout = 20`); err != nil {
		return false
	}
	var busy, pages, copied int
	err := w.conn.QueryRowContext(ctx, statement).Scan(&busy, &pages, &copied)
	if _, err := w.conn.ExecContext(ctx, `PRAGMA busy_timeout = 10000`); err != nil {
		w.reconnect(ctx)
	}
	return err == nil && busy == 0
}

// emptyAtEnd empties the write-ahead log before the connection is closed: another
// process that has the file open would leave it there.
func (w *writer) emptyAtEnd() {
	for range 10 {
		if w.s.dialect.fold == "" || !w.s.erased.Load() {
			return
		}
		if w.empty(context.Background()); w.s.erased.Load() {
			time.Sleep(foldPause / 2)
		}
	}
	w.s.log.Warn("what was erased is still in the write-ahead log: another process reads it. It goes when that log is next folded in.")
}
