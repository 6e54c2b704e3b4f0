package manage

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"assent/business"
	"assent/fault"
	"assent/locale"
	"assent/tenant"
)

// maxSaid bounds what a business says of itself in one field, in bytes.
const maxSaid = 500

var (
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
	colourForm  = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
)

// EditBusiness changes what a business says of itself and how far its stops
// reach. Its id, short name, issuer, purposes and keeping stay as they are. It is
// an event with its author (rule 30). What is published says what it said: a
// funnel's next version takes the change up.
func (s *Service) EditBusiness(ctx context.Context, b business.Business, actor string) (err error) {
	defer fault.Wrap(&err, "manage.EditBusiness")
	t, ok := s.directory.Tenant(b.ID)
	if !ok {
		return errNoBusiness
	}
	b = tidy(b)
	if err := fitBusiness(&b); err != nil {
		return err
	}
	next := said(t.Business, b)
	if sameProfile(&next, &t.Business) {
		return nil
	}
	record, err := s.operatorActed(t, actor, "edit business", "business", said(business.Business{ID: b.ID, Slug: t.Slug}, b))
	if err != nil {
		return err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		err := w.EditBusiness(ctx, b.ID, func(kept *business.Business) error {
			*kept = said(*kept, b)
			return nil
		})
		if err != nil {
			return err
		}
		return w.InsertEvent(ctx, record)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// said returns the business with what an operator may say of it.
func said(b, of business.Business) business.Business {
	b.LegalName, b.BrandName, b.Address, b.Contact, b.Human = of.LegalName, of.BrandName, of.Address, of.Contact, of.Human
	b.NoticeURL, b.NoticeURLs, b.Language, b.Country, b.Colour = of.NoticeURL, of.NoticeURLs, of.Language, of.Country, of.Colour
	b.BareStop, b.NewNumberFollows, b.BlockNotMe, b.Entity = of.BareStop, of.NewNumberFollows, of.BlockNotMe, of.Entity
	return b
}

func sameProfile(a, b *business.Business) bool {
	return a.LegalName == b.LegalName && a.BrandName == b.BrandName && a.Address == b.Address && a.Contact == b.Contact && a.Human == b.Human &&
		a.NoticeURL == b.NoticeURL && maps.Equal(a.NoticeURLs, b.NoticeURLs) && a.Language == b.Language && a.Country == b.Country && a.Colour == b.Colour &&
		a.BareStop == b.BareStop && a.NewNumberFollows == b.NewNumberFollows && a.BlockNotMe == b.BlockNotMe && a.Entity == b.Entity
}

// tidy returns the business with each text on one line, and what follows from
// what was left empty.
func tidy(b business.Business) business.Business {
	for _, field := range []*string{&b.LegalName, &b.BrandName, &b.Address, &b.Contact, &b.Human, &b.NoticeURL, &b.Country, &b.Colour, &b.Entity} {
		*field = strings.Join(strings.Fields(*field), " ")
	}
	if b.BrandName == "" {
		b.BrandName = b.LegalName
	}
	b.Country = strings.ToUpper(b.Country)
	notices := map[string]string{}
	for lang, address := range b.NoticeURLs {
		if address = strings.TrimSpace(address); address != "" {
			notices[lang] = address
		}
	}
	b.NoticeURLs = nil
	if len(notices) > 0 {
		b.NoticeURLs = notices
	}
	return b
}

// fitBusiness says all that is wrong with what a business says of itself, each a
// fault of its field.
func fitBusiness(b *business.Business) error {
	var list []error
	if b.LegalName == "" {
		list = append(list, fault.Field("legal_name", "Give the legal name of the business."))
	}
	for _, x := range []struct{ field, text string }{
		{"legal_name", b.LegalName}, {"brand_name", b.BrandName}, {"address", b.Address}, {"contact", b.Contact}, {"human", b.Human}, {"entity", b.Entity},
	} {
		if len(x.text) > maxSaid {
			list = append(list, fault.Field(x.field, "That is too long. Use fewer letters."))
		}
	}
	if !noticeAddress(b.NoticeURL) {
		list = append(list, fault.Field("notice_url", "Give the whole address of the page, for example https://www.example.com/privacy."))
	}
	for _, lang := range slices.Sorted(maps.Keys(b.NoticeURLs)) {
		if !noticeAddress(b.NoticeURLs[lang]) || !slices.Contains(locale.Tags(), lang) {
			list = append(list, fault.Field("notice_url_"+lang, "Give the whole address of the page, for example https://www.example.com/privacy."))
		}
	}
	if !slices.Contains(locale.Tags(), b.Language) {
		list = append(list, fault.Field("language", "Choose one of the languages."))
	}
	if b.Country != "" && !countryForm.MatchString(b.Country) {
		list = append(list, fault.Field("country", "Give the country as two letters, for example DE."))
	}
	if b.Colour != "" && !colourForm.MatchString(b.Colour) {
		list = append(list, fault.Field("colour", "Give the colour as # and six digits, for example #23418f."))
	}
	if b.BareStop != business.StopAll && b.BareStop != business.StopMarketing {
		list = append(list, fault.Field("bare_stop", "Choose what a bare stop ends: everything, or marketing."))
	}
	return errors.Join(list...)
}

// noticeAddress reports whether the text is empty or the address of a page.
func noticeAddress(text string) bool {
	u, err := url.Parse(text)
	return text == "" || err == nil && len(text) <= maxSaid && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// AddBusinessBy is AddBusiness for an operator: it is the first event of the
// business's, with its author (rule 30).
func (s *Service) AddBusinessBy(ctx context.Context, b business.Business, actor string) (id string, err error) {
	defer fault.Wrap(&err, "manage.AddBusinessBy")
	b = tidy(b)
	if b.BareStop == "" {
		b.BareStop = business.StopAll
	}
	if b.Language == "" {
		b.Language = "en"
	}
	var list []error
	if !slugForm.MatchString(b.Slug) {
		list = append(list, errSlug)
	}
	if err := errors.Join(append(list, fitBusiness(&b))...); err != nil {
		return "", err
	}
	return s.addBusiness(ctx, b, func(t *tenant.Tenant) (also func(context.Context, Writer) error, err error) {
		record, err := s.operatorActed(t, actor, "add business", "business", said(business.Business{ID: t.ID, Slug: t.Slug}, b))
		return func(ctx context.Context, w Writer) error { return w.InsertEvent(ctx, record) }, err
	})
}
