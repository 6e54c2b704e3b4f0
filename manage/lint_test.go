package manage

import (
	"slices"
	"testing"

	"assent/business"
	"assent/funnel/lint"
)

// The sample's words say all that is demanded everywhere.
func TestSampleLintsClean(t *testing.T) {
	for _, def := range sampleFunnels {
		v := def.version("b")
		for _, f := range lint.Check(v, lint.Options{}) {
			if f.Severity == lint.Error {
				t.Errorf("%s: %s %s %v", def.slug, f.Code, f.Where, f.Params)
			}
		}
	}
}

// The funnels to begin with are for the business's own country, whose law they
// satisfy as they are; the laws of other countries are not named.
func TestStartersSuitTheBusinessesCountry(t *testing.T) {
	for _, country := range []string{"", "DE", "FR", "GB", "US", "CA", "BR", "IN", "ZA", "SG", "SA", "AE", "JP"} {
		b := business.Business{
			LegalName: "Rosa Ltd", BrandName: "Rosa", Address: "1 Market Street, Town", Contact: "hi@rosa.example", NoticeURL: "https://rosa.example/privacy", Language: "en", Country: country,
		}
		for _, name := range Starters {
			v, _ := Begin(name, &b)
			if want := []string{country}; country != "" && !slices.Equal(v.Countries, want) || country == "" && len(v.Countries) != 0 {
				t.Errorf("%s: for %v", country, v.Countries)
			}
			for _, f := range lint.Check(&v, lint.Options{}) {
				if f.Severity == lint.Error {
					t.Errorf("%s: %s: %s at %s", country, name, f.Code, f.Where)
				}
				for _, s := range f.Sources {
					if country == "JP" && s.In != "" {
						t.Errorf("%s: %s: %s is wanted in %s", country, name, f.Code, s.In)
					}
				}
			}
		}
	}
}
