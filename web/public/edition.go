package public

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/text/language"

	"assent/funnel"
	"assent/static"
	"assent/tenant"
	views "assent/views/public"
	"assent/web/landing"
)

// edition is a published version as its pages are served: rendered once for
// each language, and kept as evidence before anybody sees them.
type edition struct {
	version *tenant.Version
	country string // of the business, for numbers without one
	tags    []string
	matcher language.Matcher

	mu     sync.RWMutex
	wishes map[string]string // a wish for languages, to the one that is served
	pages  map[seen]*page
}

// seen says how a page is seen.
type seen struct {
	lang string
	face views.Face
}

// model returns the landing page as a page of its own.
func (e *edition) model(lang string) views.Landing { return e.pages[seen{lang, views.Whole}].model }

// page is the landing page in one language, with one face.
type page struct {
	model views.Landing

	mu       sync.Mutex
	prepared atomic.Pointer[views.Prepared] // set once its bytes are kept
	shown    funnel.Shown                   // what its hidden field says, but for the entry point and the time
}

// editions holds what was served, by version.
type editions struct {
	mu   sync.RWMutex
	all  map[string]*edition
	kept sync.Map // hashes of the files that pages name
}

// maxEditions bounds what an old process remembers of versions long replaced.
const maxEditions = 2000

func (e *editions) of(v *tenant.Version, country, base string) *edition {
	e.mu.RLock()
	found := e.all[v.ID]
	e.mu.RUnlock()
	if found != nil {
		return found
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if found = e.all[v.ID]; found != nil {
		return found
	}
	if e.all == nil || len(e.all) >= maxEditions {
		e.all = map[string]*edition{}
	}
	ed := &edition{version: v, country: country, tags: v.Languages(), wishes: map[string]string{}, pages: map[seen]*page{}}
	tags := make([]language.Tag, len(ed.tags))
	for i, t := range ed.tags {
		tags[i] = language.Make(t)
		whole := landing.Of(v.Version, t, country, base)
		for _, face := range []views.Face{views.Whole, views.Framed, views.Placed} {
			ed.pages[seen{t, face}] = &page{model: faced(whole, face, base)}
		}
	}
	ed.matcher = language.NewMatcher(tags)
	e.all[v.ID] = ed
	return ed
}

// faced returns the page with another face. What is said stays.
func faced(p views.Landing, face views.Face, base string) views.Landing {
	p.Face = face
	switch face {
	case views.Framed:
		p.Action += "&" + frameParam + "=1"
	case views.Placed:
		p.Action = base + p.Action
	}
	return p
}

// The bounds of what is remembered of wishes for languages. Browsers send few
// different ones.
const (
	maxWish   = 200
	maxWishes = 2000
)

// speak returns the language that fits the first of the wishes which any fits:
// tags or whole Accept-Language headers. Without one it is the version's own.
func (e *edition) speak(wishes ...string) string {
	for _, wish := range wishes {
		if wish == "" || len(wish) > maxWish {
			continue
		}
		e.mu.RLock()
		lang, ok := e.wishes[wish]
		e.mu.RUnlock()
		if !ok {
			lang = e.match(wish)
			e.mu.Lock()
			if len(e.wishes) >= maxWishes {
				clear(e.wishes)
			}
			e.wishes[wish] = lang
			e.mu.Unlock()
		}
		if lang != "" {
			return lang
		}
	}
	return e.version.Language
}

// match returns the language for one wish, or the empty string for none.
func (e *edition) match(wish string) string {
	tags, _, err := language.ParseAcceptLanguage(wish)
	if err != nil || len(tags) == 0 {
		return ""
	}
	_, i, confidence := e.matcher.Match(tags...)
	if confidence == language.No {
		return ""
	}
	return e.tags[i]
}

// keepTime bounds how long the first visitor waits for the page to be kept.
const keepTime = 10 * time.Second

// prepare returns the page in the language and with the face, ready to be served. The first call
// renders it and keeps its bytes, and those of the files that it names: what
// `shown` claims is in the database before the claim is signed.
func (h *Handler) prepare(ctx context.Context, e *edition, lang string, face views.Face) (*page, *views.Prepared, error) {
	p := e.pages[seen{lang, face}]
	if ready := p.prepared.Load(); ready != nil {
		return p, ready, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if ready := p.prepared.Load(); ready != nil {
		return p, ready, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	ready, err := views.Prepare(ctx, p.model)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range static.Named(ready.Canonical()) {
		if err := h.keepFile(ctx, a); err != nil {
			return nil, nil, err
		}
	}
	kind := funnel.KindForm
	if face == views.Whole {
		kind = funnel.KindPage
	}
	d := funnel.NewDocument(kind, "text/html; charset=utf-8", ready.Canonical())
	if err := h.Manage.KeepPage(ctx, d); err != nil {
		return nil, nil, err
	}
	p.shown = funnel.Shown{Version: e.version.ID, Lang: lang, Notice: e.version.Notices[lang].SHA256, Page: d.SHA256}
	p.prepared.Store(ready)
	return p, ready, nil
}

// keepFile keeps a style sheet, script or picture that a page names.
func (h *Handler) keepFile(ctx context.Context, a static.Asset) error {
	d := funnel.NewDocument(funnel.KindAsset, a.Type, a.Body)
	if _, ok := h.editions.kept.Load(d.SHA256); ok {
		return nil
	}
	if err := h.Manage.KeepPage(ctx, d); err != nil {
		return err
	}
	h.editions.kept.Store(d.SHA256, true)
	return nil
}
