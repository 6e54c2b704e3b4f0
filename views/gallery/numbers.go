package gallery

import (
	"math"
	"time"

	"assent/locale"
	"assent/views/admin"
	"assent/views/ui"
)

// sumsOf makes figures of one: how many were reached.
func sumsOf(reached int) admin.Sums {
	begun := reached * 31 / 100
	confirmed := begun * 74 / 100
	return admin.Sums{
		Views: reached * 8 / 10, Scans: reached * 45 / 100, Reached: reached, Begun: begun, Confirmed: confirmed, Refused: begun * 3 / 100, Closed: begun / 200, Expired: begun * 15 / 100,
		NotSent: begun / 250, Stopped: confirmed / 18, Median: -1,
	}
}

// numbers are the figures of so many days: a weekly wave that grows.
func numbers(l locale.Localizer, days int) admin.Numbers {
	c := of(l)
	p := admin.Numbers{
		Frame: frame(l, l.T("admin.numbers"), 1), Name: c.headline, Back: "funnels?lang=" + l.Tag(), Action: "numbers", CSV: "numbers.csv", Page: "/f/bread", Days: days,
		Until: now.Format(time.DateOnly), From: now.AddDate(0, 0, 1-days).Format(time.DateOnly), Hours: days == 1, Weeks: days > 62,
		Entries:   []ui.Option{{Label: l.T("admin.numbers.all_entries"), Selected: true}, {Value: "none", Label: l.T("admin.numbers.direct")}, {Value: "e", Label: c.entry}},
		Languages: []ui.Option{{Label: l.T("admin.numbers.all_languages"), Selected: true}, {Value: l.Tag(), Label: l.Name()}},
	}
	for _, n := range []int{1, 7, 30, 90, 365} {
		name := map[int]string{1: "numbers-day", 365: "numbers-year"}[n]
		if name == "" {
			name = "numbers"
		}
		p.Periods = append(p.Periods, admin.Period{Days: n, URL: name + "?lang=" + l.Tag(), Current: n == days})
	}
	slots, step := days, 24*time.Hour
	switch {
	case p.Hours:
		slots, step = 24, time.Hour
	case p.Weeks:
		slots, step = (days+6)/7, 7*24*time.Hour
	}
	from := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC).AddDate(0, 0, 1-days)
	all := 0
	for i := range slots {
		n := max(0, int((1.2+math.Sin(float64(i)*2*math.Pi/7))*float64(40+5*i)))
		if p.Hours && (i < 6 || i > now.Hour()) {
			n = 0
		}
		all += n
		p.Slots = append(p.Slots, admin.NumberSlot{From: from.Add(time.Duration(i) * step), Sums: sumsOf(n)})
	}
	p.Now, p.Before = sumsOf(all), sumsOf(all*8/10)
	p.Before.Stopped, p.Before.Refused = 0, p.Now.Refused+2
	p.Now.Median, p.Now.Paces = 1, []int{p.Now.Confirmed * 4 / 10, p.Now.Confirmed * 3 / 10, p.Now.Confirmed * 2 / 10, p.Now.Confirmed / 20, 3}
	p.ByEntry = []admin.NumberRow{{Name: c.entry + " · BREAD", Sums: sumsOf(all / 2)}, {Name: l.T("admin.numbers.direct"), Sums: sumsOf(all / 3)}, {Name: l.T("admin.numbers.gone"), Sums: sumsOf(2)}}
	p.ByLanguage = []admin.NumberRow{{Name: l.Name(), Sums: sumsOf(all * 9 / 10)}, {Name: "Català", Sums: sumsOf(all / 10)}}
	return p
}

// noNumbers are those of a funnel that nobody has seen, and a time that is none.
func noNumbers(l locale.Localizer) admin.Numbers {
	p := numbers(l, 30)
	p.Never, p.Now, p.Before, p.CSV, p.Problem = true, admin.Sums{Median: -1}, admin.Sums{Median: -1}, "", l.T("admin.numbers.wrong")
	for i := range p.Periods {
		p.Periods[i].Current = false
	}
	return p
}
