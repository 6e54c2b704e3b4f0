package locale

import "testing"

func TestAddressNamesTheCountryInTheLanguage(t *testing.T) {
	for _, c := range []struct{ lang, address, want string }{
		{"de", "Speicherstraße 12, 20457 Hamburg, Germany", "Speicherstraße 12, 20457 Hamburg, Deutschland"},
		{"en", "Speicherstraße 12, 20457 Hamburg, Deutschland", "Speicherstraße 12, 20457 Hamburg, Germany"},
		{"ar", "Speicherstraße 12, 20457 Hamburg, Germany", "Speicherstraße 12, 20457 Hamburg, ألمانيا"},
		{"fr", "شارع التحرير، القاهرة، مصر", "شارع التحرير، القاهرة، Égypte"},
		{"it", "1 High Street\nLondon\nUnited Kingdom", "1 High Street\nLondon\nRegno Unito"},
		{"de", "Hauptstraße 1, 10115 Berlin", "Hauptstraße 1, 10115 Berlin"},
		{"de", "Germany", "Germany"}, // a name alone is no address
		{"de", "Main Street 5, Paris, TX", "Main Street 5, Paris, TX"},
		{"de", "", ""},
	} {
		if got := For(c.lang).Address(c.address); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("Speicherstraße 12, 20457 Hamburg, Germany")
	f.Add("،\n,")
	f.Fuzz(func(t *testing.T, address string) {
		for _, lang := range []string{"en", "ar"} {
			l := For(lang)
			if once := l.Address(address); l.Address(once) != once {
				t.Fatalf("%q becomes %q, and then %q", address, once, l.Address(once))
			}
		}
	})
}
