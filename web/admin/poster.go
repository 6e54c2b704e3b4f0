package admin

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	_ "image/jpeg" // logos are kept as JPEG or PNG
	_ "image/png"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/poster"
	"assent/qr"
	"assent/static"
	"assent/tenant"
	views "assent/views/admin"
	"assent/views/layout"
	"assent/views/ui"
)

// wish is what was asked of a poster, as it stands in the address: a poster is
// nothing that is kept.
type wish struct {
	size, lang, headline string
	ink, ground          string
	level, quiet         string
	logo                 bool
}

// wishOf reads the address; what it leaves out is as the funnel would have it.
func wishOf(q url.Values, v *tenant.Version, operator string) wish {
	get := func(name, otherwise string) string {
		if s := strings.TrimSpace(funnel.Plain(q.Get(name))); s != "" {
			return s
		}
		return otherwise
	}
	_, lang := v.Text(get("say", operator))
	text, _ := v.Text(lang)
	w := wish{
		size: get("size", poster.Templates()[0]), lang: lang, ink: get("ink", usualInk(v)), ground: get("ground", "#ffffff"),
		level: get("level", "H"), quiet: get("quiet", strconv.Itoa(qr.QuietZone)), logo: q.Get("logo") != "",
	}
	w.headline = get("headline", text.Title)
	for _, other := range v.Languages() { // a title that nobody changed follows the language
		if t, _ := v.Text(other); t.Title == w.headline {
			w.headline = text.Title
		}
	}
	return w
}

// usualInk is the funnel's colour as it reads on white, where a camera tells it from
// its ground; else black.
func usualInk(v *tenant.Version) string {
	d := qr.Plain(qr.H)
	if colour, ok := static.ParseColor(cmp.Or(v.Look.Colour, v.Controller.Colour)); ok {
		ink := static.NewBrand(colour).Light
		d.Ink = color.RGBA{R: ink.R, G: ink.G, B: ink.B, A: 255}
		if d.Check() == nil {
			return ink.String()
		}
	}
	return "#000000"
}

func (w wish) query() string {
	q := url.Values{"size": {w.size}, "say": {w.lang}, "headline": {w.headline}, "ink": {w.ink}, "ground": {w.ground}, "level": {w.level}, "quiet": {w.quiet}}
	if w.logo {
		q.Set("logo", "yes")
	}
	return q.Encode()
}

// design reads the wishes for the code.
func (h *Handler) design(ctx context.Context, w wish, v *tenant.Version) (d qr.Design, err error) {
	if d.Level, err = qr.ParseLevel(w.level); err != nil {
		return d, err
	}
	if d.Ink, err = qr.ParseColour("ink", w.ink); err != nil {
		return d, err
	}
	if d.Ground, err = qr.ParseColour("ink", w.ground); err != nil {
		return d, err
	}
	if d.Quiet, err = strconv.Atoi(w.quiet); err != nil {
		return d, fault.Field("quiet", "The empty border is a number of modules.")
	}
	if w.logo && v.Look.Logo.SHA256 != "" {
		d.Share = qr.DefaultShare
		d.Logo, err = h.logo(ctx, v.Look.Logo.SHA256)
	}
	return d, err
}

func (h *Handler) logo(ctx context.Context, sum string) (image.Image, error) {
	doc, ok, err := h.Manage.Picture(ctx, sum)
	if err != nil || !ok {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(doc.Body))
	return img, err
}

// lay makes the poster of a code: what the published version says, round it.
func (h *Handler) lay(ctx context.Context, w wish, e *funnel.EntryPoint, v *tenant.Version) (*poster.Sheet, error) {
	d, err := h.design(ctx, w, v)
	if err != nil {
		return nil, err
	}
	address := e.Address(h.Installation.BaseURL)
	symbol, err := qr.Compose(address, d)
	if err != nil {
		return nil, err
	}
	text, lang := v.Text(w.lang)
	loc := locale.For(lang)
	p := poster.Poster{
		Template: w.size, Lang: lang, RTL: loc.Dir() == "rtl", Business: v.Controller.BrandName, Headline: w.headline,
		Call: loc.T("poster.page"), Or: loc.T("poster.or"), Link: letters(address), Symbol: symbol,
	}
	if e.Chat {
		p.Call = loc.T("poster.chat")
	}
	for _, purpose := range v.Purposes {
		p.Small = append(p.Small, text.Purposes[purpose.Key].Words)
	}
	for _, s := range []string{text.Age, text.SmallPrint} {
		if s != "" {
			p.Small = append(p.Small, s)
		}
	}
	c := v.Controller
	p.Small = append(p.Small, strings.Join(slices.DeleteFunc([]string{c.LegalName, c.Address, letters(c.Notice(lang))}, func(s string) bool { return s == "" }), " · "))
	return poster.Lay(p)
}

// Poster answers GET /admin/codes/{code}/poster: a form whose answer is itself.
func (h *Handler) Poster(c echo.Context) error {
	_, e, v, err := h.ownCode(c)
	if err != nil {
		return err
	}
	loc := localizer(c)
	w := wishOf(c.QueryParams(), v, loc.Tag())
	at := codeAddress(e.Code)
	m := views.Poster{Frame: h.frame(c, loc.T("admin.poster"), inFunnels), Name: e.Label, Back: at, Action: at + "/poster"}
	sheet, err := h.lay(c.Request().Context(), w, e, v)
	status := http.StatusOK
	switch {
	case fault.Is(err, fault.Invalid) && loc.Has("admin.poster.wrong."+fault.FieldOf(err)):
		field := fault.FieldOf(err)
		status = http.StatusUnprocessableEntity
		m.Problems = ui.Problems{{Field: controls[field], Text: loc.T("admin.poster.wrong." + field)}}
	case err != nil:
		return err
	default:
		for n := range sheet.Sides() {
			m.Sides = append(m.Sides, at+"/poster/poster.svg?"+w.query()+"&side="+strconv.Itoa(n))
		}
		for _, kind := range []string{"pdf", "svg", "png"} {
			m.Files = append(m.Files, layout.NavItem{Label: strings.ToUpper(kind), URL: at + "/poster/poster." + kind + "?" + w.query()})
		}
	}
	m.Controls = posterControls(loc, w, v, m.Problems)
	return show(c, status, views.PosterPage(m))
}

// controls are where each thing that can be wrong is put right.
var controls = map[string]string{"size": "size", "template": "size", "headline": "headline", "ink": "ink", "ec": "level", "quiet": "quiet", "share": "logo"}

func posterControls(loc locale.Localizer, w wish, v *tenant.Version, problems ui.Problems) []views.Control {
	field := func(id, label, value string) ui.Field {
		return ui.Field{ID: id, Name: id, Label: label, Value: value, Error: problems.For(id)}
	}
	var sizes, languages, levels []ui.Option
	for _, name := range poster.Templates() {
		sizes = append(sizes, ui.Option{Value: name, Label: loc.T("admin.poster." + name), Selected: name == w.size})
	}
	for _, tag := range v.Languages() {
		languages = append(languages, ui.Option{Value: tag, Label: languageName(tag), Selected: tag == w.lang})
	}
	for _, level := range []string{"H", "Q", "M"} {
		levels = append(levels, ui.Option{Value: level, Label: level, Selected: level == w.level})
	}
	colour := func(id, label, value string) ui.Field {
		f := field(id, label, value)
		f.Type, f.LTR = "color", true
		return f
	}
	border := field("quiet", loc.T("admin.poster.quiet"), w.quiet)
	border.Inputmode, border.LTR = "numeric", true
	headline := field("headline", loc.T("admin.poster.headline"), w.headline)
	headline.Lang = w.lang
	list := []views.Control{
		{Kind: "select", Field: field("size", loc.T("admin.poster.size"), ""), Options: sizes},
		{Kind: "select", Field: field("say", loc.T("page.language"), ""), Options: languages},
		{Kind: "area", Rows: "2", Field: headline},
		{Field: colour("ink", loc.T("admin.poster.ink"), w.ink)},
		{Field: colour("ground", loc.T("admin.poster.ground"), w.ground)},
		{Kind: "select", Field: field("level", loc.T("admin.poster.level"), ""), Options: levels},
		{Field: border},
	}
	if v.Look.Logo.SHA256 != "" {
		list = append(list, views.Control{Kind: "check", Field: field("logo", loc.T("admin.poster.logo"), ""), Checked: w.logo})
	}
	return list
}

// PosterFile answers GET /admin/codes/{code}/poster/poster.pdf, .svg and .png.
func (h *Handler) PosterFile(c echo.Context) error {
	_, e, v, err := h.ownCode(c)
	if err != nil {
		return err
	}
	sheet, err := h.lay(c.Request().Context(), wishOf(c.QueryParams(), v, localizer(c).Tag()), e, v)
	if err != nil {
		return err
	}
	side, _ := strconv.Atoi(c.QueryParam("side"))
	var b bytes.Buffer
	switch c.Param("file") {
	case "poster.pdf":
		err = sheet.PDF(&b)
		return answer(c, "application/pdf", b.Bytes(), err)
	case "poster.png":
		err = sheet.PNG(&b, side, 150)
		return answer(c, "image/png", b.Bytes(), err)
	case "poster.svg":
		svg, err := sheet.SVG(side)
		return answer(c, "image/svg+xml", svg, err)
	}
	return errNoCode
}

func answer(c echo.Context, kind string, body []byte, err error) error {
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, kind, body)
}
