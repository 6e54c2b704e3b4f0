package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"assent/funnel"
)

// AddCounts adds to figures, with the transaction. The rows of a busy funnel are
// wanted by every closure, so what a batch counts is added at its end, once a
// row: nothing of it is seen within the batch.
func (t *Tx) AddCounts(_ context.Context, counts map[funnel.Count]int) error {
	if t.counts == nil {
		t.counts = map[funnel.Count]int{}
	}
	for c, n := range counts {
		t.counts[c] += n
	}
	return nil
}

// countKey is a row of count_days.
type countKey struct {
	funnel, entry, lang string
	day                 int64
}

// dayColumns are the columns of count_days that hold figures, in their order.
var dayColumns = func() (names []string) {
	for _, k := range funnel.CountKinds {
		names = append(names, "n_"+string(k))
	}
	return names
}()

// Adding to figures. Rows are locked in the order in which they are written,
// which is the same for every writer: so no two wait for each other.
var (
	hourHead = `INSERT INTO counts (funnel, hour, entry, lang, kind, n) VALUES `
	hourTail = ` ON CONFLICT (funnel, hour, entry, lang, kind) DO UPDATE SET n = counts.n + excluded.n`
	dayHead  = `INSERT INTO count_days (funnel, day, entry, lang, ` + strings.Join(dayColumns, ", ") + `) VALUES `
	dayTail  = ` ON CONFLICT (funnel, day, entry, lang) DO UPDATE SET ` + eachColumn("%s = count_days.%s + excluded.%s")
)

// eachColumn returns the text for each column of figures, with commas between.
func eachColumn(text string) string {
	list := make([]string, len(dayColumns))
	for i, name := range dayColumns {
		list[i] = strings.ReplaceAll(text, "%s", name)
	}
	return strings.Join(list, ", ")
}

// addCounts adds what the tasks counted.
func (b *batchRun) addCounts(ctx context.Context, tasks []*task) error {
	sum := map[funnel.Count]int{}
	for _, t := range tasks {
		if t.err != nil {
			continue
		}
		for c, n := range t.counts {
			sum[c] += n
		}
	}
	if len(sum) == 0 {
		return nil
	}
	hours := newRows(b, hourHead, 6, hourTail)
	days := map[countKey]funnel.Figures{}
	for _, c := range slices.SortedFunc(maps.Keys(sum), compareCounts) {
		if err := hours.add(ctx, c.Funnel, c.Hour, c.Entry, c.Lang, string(c.Kind), sum[c]); err != nil {
			return err
		}
		key := countKey{c.Funnel, c.Entry, c.Lang, c.Hour / 24}
		if days[key] == nil {
			days[key] = funnel.Figures{}
		}
		days[key][c.Kind] += int64(sum[c])
	}
	if err := hours.flush(ctx); err != nil {
		return err
	}
	return b.addDays(ctx, days)
}

func (b *batchRun) addDays(ctx context.Context, days map[countKey]funnel.Figures) error {
	rows := newRows(b, dayHead, 4+len(dayColumns), dayTail)
	for _, key := range slices.SortedFunc(maps.Keys(days), compareDays) {
		args := []any{key.funnel, key.day, key.entry, key.lang}
		for _, k := range funnel.CountKinds {
			args = append(args, days[key][k])
		}
		if err := rows.add(ctx, args...); err != nil {
			return err
		}
	}
	return rows.flush(ctx)
}

func compareCounts(a, b funnel.Count) int {
	return cmp.Or(cmp.Compare(a.Funnel, b.Funnel), cmp.Compare(a.Hour, b.Hour), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Lang, b.Lang), cmp.Compare(a.Kind, b.Kind))
}

func compareDays(a, b countKey) int {
	return cmp.Or(cmp.Compare(a.funnel, b.funnel), cmp.Compare(a.day, b.day), cmp.Compare(a.entry, b.entry), cmp.Compare(a.lang, b.lang))
}

// CountsByDay returns the figures of each day on which anything happened.
func (t *Tx) CountsByDay(ctx context.Context, q funnel.CountQuery) ([]funnel.CountRow, error) {
	return t.days(ctx, `SELECT day, '', '', `+sums, q, ` GROUP BY day ORDER BY day`)
}

// CountsByPart returns the figures of each entry point and language.
func (t *Tx) CountsByPart(ctx context.Context, q funnel.CountQuery) ([]funnel.CountRow, error) {
	return t.days(ctx, `SELECT 0, entry, lang, `+sums, q, ` GROUP BY entry, lang ORDER BY entry, lang`)
}

// CountRows returns the figures of each day, entry point and language.
func (t *Tx) CountRows(ctx context.Context, q funnel.CountQuery) ([]funnel.CountRow, error) {
	return t.days(ctx, `SELECT day, entry, lang, `+strings.Join(dayColumns, ", "), q, ` ORDER BY day, entry, lang`)
}

var sums = eachColumn("CAST(SUM(%s) AS BIGINT)")

// CountsByHour returns the figures of each hour on which anything happened.
func (t *Tx) CountsByHour(ctx context.Context, q funnel.CountQuery) (list []funnel.CountRow, err error) {
	q.From, q.Until = q.From*24, q.Until*24
	where, args := counted(q, "hour")
	rows, err := t.query(ctx, `SELECT hour, kind, CAST(SUM(n) AS BIGINT) FROM counts`+where+` GROUP BY hour, kind ORDER BY hour, kind`, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var hour, n int64
		var kind string
		if err := scan(&hour, &kind, &n); err != nil {
			return err
		}
		if len(list) == 0 || list[len(list)-1].At != hour {
			list = append(list, funnel.CountRow{At: hour, Figures: funnel.Figures{}})
		}
		list[len(list)-1].Figures[funnel.CountKind(kind)] = n
		return nil
	})
	return list, err
}

// counted returns the WHERE of a query for figures, by the column of the time.
func counted(q funnel.CountQuery, at string) (where string, args []any) {
	where, args = ` WHERE funnel = $1 AND `+at+` >= $2 AND `+at+` < $3`, []any{q.Funnel, q.From, q.Until}
	and := func(column, value string) {
		args = append(args, value)
		where += ` AND ` + column + ` = ` + in(len(args), 1)
	}
	if q.Lang != "" {
		and("lang", q.Lang)
	}
	if q.Entry != nil {
		and("entry", *q.Entry)
	}
	return where, args
}

// days reads rows of a time, an entry point, a language and the columns of figures.
func (t *Tx) days(ctx context.Context, columns string, q funnel.CountQuery, order string) (list []funnel.CountRow, err error) {
	where, args := counted(q, "day")
	n := make([]int64, len(dayColumns))
	rows, err := t.query(ctx, columns+` FROM count_days`+where+order, args...)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		r := funnel.CountRow{Figures: funnel.Figures{}}
		dst := []any{&r.At, &r.Entry, &r.Lang}
		for i := range n {
			dst = append(dst, &n[i])
		}
		if err := scan(dst...); err != nil {
			return err
		}
		for i, k := range funnel.CountKinds {
			if n[i] != 0 {
				r.Figures[k] = n[i]
			}
		}
		list = append(list, r)
		return nil
	})
	return list, err
}
