package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"assent/funnel"
	"assent/locale"
	"assent/manage"
	"assent/table"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/ui"
)

// The times that can be chosen by one click, in days that end today.
var numbersPeriods = []int{1, 7, 30, 90, 365}

const defaultPeriod = 30

// noEntry stands in an address for what came without an entry point.
const noEntry = "none"

func numbersAddress(slug string) string { return inFunnels + "/" + url.PathEscape(slug) + "/numbers" }

// dayFormat is that of a date field (HTML, section 2.3.5.2).
const dayFormat = time.DateOnly

// asked is which figures an address asks for.
type asked struct {
	q     funnel.CountQuery
	entry string // as in the address
	days  int    // a time that was chosen by one click; 0: by two dates
	wrong bool   // it cannot be shown, and another time is
}

// askedFor reads an address of figures.
func (h *Handler) askedFor(c echo.Context, f *funnel.Funnel) asked {
	a := asked{q: funnel.CountQuery{Funnel: f.ID, Lang: c.QueryParam("in")}, entry: c.QueryParam("entry"), days: defaultPeriod}
	switch e, ok := h.Directory.EntryByID(a.entry); {
	case a.entry == noEntry:
		a.q.Entry = new(string)
	case ok && h.sameBusiness(e.Funnel, f): // it may lead elsewhere by now
		a.q.Entry = &e.ID
	default:
		a.entry = ""
	}
	until := funnel.DayOf(h.Now()) + 1
	if c.QueryParam("from") != "" || c.QueryParam("until") != "" {
		from, err1 := time.Parse(dayFormat, c.QueryParam("from"))
		last, err2 := time.Parse(dayFormat, c.QueryParam("until"))
		a.q.From, a.q.Until = funnel.DayOf(from), funnel.DayOf(last)+1
		if days := a.q.Until - a.q.From; err1 == nil && err2 == nil && days >= 1 && days <= manage.MaxNumbersDays {
			a.days = 0
			return a
		}
		a.wrong = true
	} else if n, err := strconv.Atoi(c.QueryParam("days")); err == nil {
		for _, p := range numbersPeriods {
			if n == p {
				a.days = p
			}
		}
	}
	a.q.From, a.q.Until = until-int64(a.days), until
	return a
}

// sameBusiness reports whether the funnel with the id is of the business of f.
func (h *Handler) sameBusiness(id string, f *funnel.Funnel) bool {
	other, _, ok := h.Directory.FunnelByID(id)
	return ok && other.Business == f.Business
}

// query is the part of an address that asks for the same, in so many days or
// between the same dates.
func (a asked) query(days int) string {
	values := url.Values{}
	if days > 0 {
		values.Set("days", strconv.Itoa(days))
	} else {
		values.Set("from", dateOf(a.q.From))
		values.Set("until", dateOf(a.q.Until-1))
	}
	if a.entry != "" {
		values.Set("entry", a.entry)
	}
	if a.q.Lang != "" {
		values.Set("in", a.q.Lang)
	}
	return "?" + values.Encode()
}

func dateOf(day int64) string { return time.Unix(day*24*60*60, 0).UTC().Format(dayFormat) }

// Numbers answers GET /admin/funnels/{slug}/numbers.
func (h *Handler) Numbers(c echo.Context) error {
	f, v, err := h.ownFunnel(c)
	if err != nil {
		return err
	}
	a := h.askedFor(c, f)
	n, err := h.Manage.Numbers(c.Request().Context(), a.q)
	if err != nil {
		return err
	}
	loc := localizer(c)
	text, _ := v.Text(loc.Tag())
	m := views.Numbers{
		Frame: h.frame(c, loc.T("admin.numbers"), inFunnels), Name: text.Title, Back: inFunnels, Action: numbersAddress(f.Slug), Page: h.Installation.BaseURL + "/f/" + f.Slug,
		From: dateOf(a.q.From), Until: dateOf(a.q.Until - 1), Days: int(a.q.Until - a.q.From), Weeks: n.Width == manage.SlotWeek, Hours: n.Width == manage.SlotHour,
	}
	status := http.StatusOK
	if a.wrong {
		m.Problem, status = loc.T("admin.numbers.wrong"), http.StatusUnprocessableEntity
	}
	for _, days := range numbersPeriods {
		m.Periods = append(m.Periods, views.Period{Days: days, URL: m.Action + a.query(days), Current: days == a.days && !a.wrong})
	}
	h.numbersFilters(&m, f, v, a)
	m.Now, m.Before = sums(n.Now), sums(n.Before)
	if !m.Now.None() {
		m.CSV = m.Action + ".csv" + a.query(a.days)
	} else if m.Never, err = h.neverCounted(c, f); err != nil {
		return err
	}
	for _, s := range n.Slots {
		m.Slots = append(m.Slots, views.NumberSlot{From: s.From, Sums: sums(s.Figures)})
	}
	for _, row := range n.Entries {
		m.ByEntry = append(m.ByEntry, views.NumberRow{Name: h.entryName(loc, row.Entry), Sums: sums(row.Figures)})
	}
	for _, row := range n.Languages {
		m.ByLanguage = append(m.ByLanguage, views.NumberRow{Name: languageName(row.Lang), Sums: sums(row.Figures)})
	}
	return show(c, status, views.NumbersPage(m))
}

// neverCounted reports whether nothing has come to a funnel for years.
func (h *Handler) neverCounted(c echo.Context, f *funnel.Funnel) (bool, error) {
	until := funnel.DayOf(h.Now()) + 1
	n, err := h.Manage.Numbers(c.Request().Context(), funnel.CountQuery{Funnel: f.ID, From: until - manage.MaxNumbersDays, Until: until})
	return len(n.Now)+len(n.Before) == 0, err
}

// numbersFilters fills in what the figures can be narrowed to.
func (h *Handler) numbersFilters(m *views.Numbers, f *funnel.Funnel, v *tenant.Version, a asked) {
	loc := m.Frame.Loc
	m.Entries = []ui.Option{{Label: loc.T("admin.numbers.all_entries"), Selected: a.entry == ""}, {Value: noEntry, Label: loc.T("admin.numbers.direct"), Selected: a.entry == noEntry}}
	for _, e := range h.Directory.Entries(f.ID) {
		m.Entries = append(m.Entries, ui.Option{Value: e.ID, Label: h.entryName(loc, e.ID), Selected: a.entry == e.ID})
	}
	m.Languages = []ui.Option{{Label: loc.T("admin.numbers.all_languages"), Selected: a.q.Lang == ""}}
	for _, tag := range v.Languages() {
		m.Languages = append(m.Languages, ui.Option{Value: tag, Label: languageName(tag), Selected: a.q.Lang == tag})
	}
}

// entryName names an entry point by its label and code.
func (h *Handler) entryName(loc locale.Localizer, id string) string {
	if id == "" {
		return loc.T("admin.numbers.direct")
	}
	e, ok := h.Directory.EntryByID(id)
	if !ok {
		return loc.T("admin.numbers.gone")
	}
	return e.Label + " · " + e.Code
}

// sums are figures as the page has them.
func sums(f funnel.Figures) views.Sums {
	s := views.Sums{
		Views: int(f[funnel.CountView]), Scans: int(f.Scans()), Reached: int(f.Reached()), Begun: int(f.Begun()), Confirmed: int(f[funnel.CountConfirmed]),
		Refused: int(f[funnel.CountRefused]), Closed: int(f[funnel.CountClosed]), Expired: int(f[funnel.CountExpired]), NotSent: int(f[funnel.CountNotSent]), Stopped: int(f[funnel.CountStopped]),
		Median: -1,
	}
	median, _ := f.Median()
	for i, p := range funnel.Paces {
		s.Paces = append(s.Paces, int(f[p.Kind]))
		if p.Kind == median {
			s.Median = i
		}
	}
	return s
}

// numbersColumns are the columns of the file, documented in docs/numbers.md.
var numbersColumns = func() []string {
	names := []string{"date", "entry_point", "entry_label", "language"}
	for _, k := range funnel.CountKinds {
		name := string(k)
		if slices.ContainsFunc(funnel.Paces, func(p funnel.Pace) bool { return p.Kind == k }) {
			name = "took_" + name
		}
		names = append(names, name)
	}
	return names
}()

// NumbersCSV answers GET /admin/funnels/{slug}/numbers.csv: every figure by day,
// entry point and language.
func (h *Handler) NumbersCSV(c echo.Context) error {
	f, _, err := h.ownFunnel(c)
	if err != nil {
		return err
	}
	a := h.askedFor(c, f)
	if a.wrong {
		return manage.ErrNumbersTime
	}
	out := &download{c: c, name: "numbers-" + f.Slug + "-" + dateOf(a.q.From) + "-" + dateOf(a.q.Until-1) + ".csv", kind: table.CSV.ContentType()}
	w, err := table.NewWriter(out, table.CSV, numbersColumns...)
	if err != nil {
		return err
	}
	err = h.Manage.EachNumber(c.Request().Context(), a.q, func(r funnel.CountRow) error {
		code, label := "", ""
		if e, ok := h.Directory.EntryByID(r.Entry); ok {
			code, label = e.Code, e.Label
		}
		cells := append(make([]string, 0, len(numbersColumns)), dateOf(r.At), code, label, r.Lang)
		for _, k := range funnel.CountKinds {
			cells = append(cells, strconv.FormatInt(r.Figures[k], 10))
		}
		return w.Row(cells...)
	})
	if err != nil {
		return err
	}
	return w.Flush()
}
