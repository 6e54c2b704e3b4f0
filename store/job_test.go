package store_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"assent/job"
	"assent/store"
)

func (s *site) enqueue(id, kind, ref string, run int64) job.Job {
	s.Helper()
	j := job.Job{ID: id, Kind: kind, Ref: ref, RunAt: at(run)}
	s.write(func(ctx context.Context, tx *store.Tx) error { return tx.Enqueue(ctx, j) })
	return j
}

func (s *site) claim(now, lease int64, limit int) (got []job.Job) {
	s.Helper()
	s.write(func(ctx context.Context, tx *store.Tx) (err error) {
		got, err = tx.ClaimJobs(ctx, at(now), at(lease), limit)
		return err
	})
	return got
}

func (s *site) nextJob() *time.Time {
	s.Helper()
	return find(s, func(ctx context.Context, tx *store.Tx) (time.Time, bool, error) { return tx.NextJob(ctx) })
}

func instant(n int64) *time.Time { t := at(n); return &t }

func jobIDs(jobs []job.Job) []string { return ids(jobs, func(j job.Job) string { return j.ID }) }

var jobMethods = methods{
	"Enqueue": func(s *site) {
		s.enqueue("j1", "send", "m1", 5)
		s.enqueue("j2", "send", "m1", 1) // the same job
		s.enqueue("j3", "send", "m2", 6)
		s.enqueue("j4", "notify", "m1", 7)
		same(s, s.claim(9, 99, 9), []job.Job{
			{ID: "j1", Kind: "send", Ref: "m1", Attempts: 1}, {ID: "j3", Kind: "send", Ref: "m2", Attempts: 1}, {ID: "j4", Kind: "notify", Ref: "m1", Attempts: 1},
		})
	},
	"ClaimJobs": func(s *site) {
		same(s, s.claim(9, 99, 9), []job.Job{})
		for id, run := range map[string]int64{"a": 3, "b": 1, "c": 3, "d": 4, "e": 5} {
			s.enqueue(id, "send", id, run)
		}
		var first []string
		for range 2 { // the earliest go first; a job is due at its very microsecond
			first = append(first, jobIDs(s.claim(4, 100, 2))...)
		}
		want := map[string]bool{"b": true, "a": true, "c": true, "d": true}
		for i, id := range first {
			if !want[id] || i < 2 && id == "d" || i == 1 && id == "c" && first[0] != "a" {
				s.Errorf("claimed %v", first)
			}
			delete(want, id)
		}
		same(s, len(want), 0)
		same(s, s.claim(4, 100, 9), []job.Job{}) // they are hidden
		same(s, jobIDs(s.claim(99, 101, 9)), []string{"e"})
		again := s.claim(100, 200, 9) // until the lease ends: their process died
		same(s, len(again), 4)
		for _, j := range again {
			same(s, j.Attempts, 2)
		}
	},
	"FinishJob": func(s *site) {
		s.enqueue("a", "send", "m1", 1)
		s.enqueue("b", "send", "m2", 2)
		for _, id := range []string{"a", "a", "none"} {
			s.write(func(ctx context.Context, tx *store.Tx) error { return tx.FinishJob(ctx, id) })
		}
		same(s, jobIDs(s.claim(9, 99, 9)), []string{"b"})
		s.enqueue("c", "send", "m1", 1) // done once, it may be wanted again
		same(s, jobIDs(s.claim(9, 99, 9)), []string{"c"})
	},
	"RetryJob": func(s *site) {
		s.enqueue("a", "send", "m1", 1)
		s.enqueue("b", "send", "m2", 50)
		s.claim(1, 99, 9)
		s.write(func(ctx context.Context, tx *store.Tx) error { return tx.RetryJob(ctx, "a", at(7), "why") })
		same(s, s.rows(`SELECT count(*) FROM jobs WHERE last_error = 'why'`), 1)
		same(s, s.claim(6, 99, 9), []job.Job{})
		same(s, s.claim(7, 99, 9), []job.Job{{ID: "a", Kind: "send", Ref: "m1", Attempts: 2}})
		s.write(func(ctx context.Context, tx *store.Tx) error { // what failed may say anything
			return tx.RetryJob(ctx, "a", at(7), "the other side said \x00 \xff"+strings.Repeat("x", 1_000_000))
		})
		same(s, jobIDs(s.claim(7, 99, 9)), []string{"a"})
		var why string
		if err := s.db.Raw(s).QueryRow(`SELECT last_error FROM jobs WHERE id = 'a'`).Scan(&why); err != nil || !strings.HasPrefix(why, "the other side said ") || len(why) > 4096 {
			s.Errorf("the reason has %d bytes: %.40q, %v", len(why), why, err)
		}
	},
	"NextJob": func(s *site) {
		same(s, s.nextJob(), (*time.Time)(nil))
		s.enqueue("a", "send", "m1", 7)
		s.enqueue("b", "send", "m2", 3)
		same(s, s.nextJob(), instant(3))
		s.claim(3, 99, 9)
		same(s, s.nextJob(), instant(7))
		s.claim(7, 50, 9)
		same(s, s.nextJob(), instant(50)) // when a lease ends
	},
}

// However many claim together, each job goes to one.
func TestEachJobIsClaimedOnce(t *testing.T) {
	var mu sync.Mutex
	claimed := map[*site]map[string]int{} // guarded by mu, for each database
	soFar := func(s *site, got []job.Job) int {
		mu.Lock()
		defer mu.Unlock()
		if claimed[s] == nil {
			claimed[s] = map[string]int{}
		}
		for _, j := range got {
			claimed[s][j.ID]++
		}
		return len(claimed[s])
	}
	together(t, func(s *site, n int) error {
		if n == 0 {
			for i := range 40 {
				s.enqueue(string(rune('A'+i)), "send", string(rune('A'+i)), 1)
			}
		}
		for soFar(s, nil) < 40 && s.Context().Err() == nil {
			soFar(s, s.claim(2, 1_000_000, 3))
		}
		return nil
	}, func(s *site, _ int) {
		for id, n := range claimed[s] {
			if n != 1 {
				s.Errorf("%s was claimed %d times", id, n)
			}
		}
	})
}
