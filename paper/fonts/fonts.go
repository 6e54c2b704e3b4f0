// Package fonts holds the fonts of what is printed: subsets of Noto, embedded,
// unpacked when first needed and kept. README.md says where each comes from.
package fonts

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"sync"

	"assent/paper/pdf"
)

//go:embed *.gz
var files embed.FS

// Face is one font. Its methods may be called by many goroutines.
type Face struct {
	// Script is the ISO 15924 code of the script that the font is for, or empty
	// where it serves several.
	Script string
	Bold   bool // a cut of its own for bold

	name  string // PostScript name
	file  string
	index int // in a collection
	once  sync.Once
	data  []byte
	font  *pdf.TrueType
}

// The faces.
var (
	Serif       = &Face{name: "NotoSerif", file: "serif.ttf"}
	SerifBold   = &Face{name: "NotoSerif-Bold", Bold: true, file: "serif-bold.ttf"}
	SerifItalic = &Face{name: "NotoSerif-Italic", file: "serif-italic.ttf"}
	Mono        = &Face{name: "NotoSansMono", file: "mono.ttf"}
	Arabic      = &Face{name: "NotoNaskhArabic", file: "arabic.ttf", Script: "Arab"}
	ArabicBold  = &Face{name: "NotoNaskhArabic-Bold", Bold: true, file: "arabic-bold.ttf", Script: "Arab"}
	Hebrew      = &Face{name: "NotoSerifHebrew", file: "hebrew.ttf", Script: "Hebr"}
	HebrewBold  = &Face{name: "NotoSerifHebrew-Bold", Bold: true, file: "hebrew-bold.ttf", Script: "Hebr"}
	Devanagari  = &Face{name: "NotoSerifDevanagari", file: "devanagari.ttf", Script: "Deva"}
	Bengali     = &Face{name: "NotoSerifBengali", file: "bengali.ttf", Script: "Beng"}
	Thai        = &Face{name: "NotoSerifThai", file: "thai.ttf", Script: "Thai"}
	Simplified  = &Face{name: "NotoSansCJKsc", file: "cjk.ttc", index: 0}
	Traditional = &Face{name: "NotoSansCJKtc", file: "cjk.ttc", index: 1}
	Japanese    = &Face{name: "NotoSansCJKjp", file: "cjk.ttc", index: 2}
	Korean      = &Face{name: "NotoSansCJKkr", file: "cjk.ttc", index: 3}
	Symbols     = &Face{name: "NotoSansSymbols2", file: "symbols2.ttf"}
	SymbolsMore = &Face{name: "NotoSansSymbols", file: "symbols.ttf"}
)

// Font returns the font, read.
func (f *Face) Font() *pdf.TrueType {
	f.once.Do(func() {
		var err error
		f.data = unpacked(f.file)
		if f.font, err = pdf.ParseTrueType(f.name, f.data, f.index); err != nil {
			panic(fmt.Sprintf("fonts: %s: %v", f.file, err))
		}
	})
	return f.font
}

// Data returns the bytes of the font's file, which must not be changed, and
// the font's place in it, if it is a collection.
func (f *Face) Data() (data []byte, index int) {
	f.Font()
	return f.data, f.index
}

var cache sync.Map // of a file's name to a func that unpacks it once

func unpacked(file string) []byte {
	once, _ := cache.LoadOrStore(file, sync.OnceValue(func() []byte { return unpack(file) }))
	return once.(func() []byte)()
}

func unpack(file string) []byte {
	packed, err := files.ReadFile(file + ".gz")
	if err == nil {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(packed)); err == nil {
			var data []byte
			if data, err = io.ReadAll(z); err == nil {
				return data
			}
		}
	}
	panic(fmt.Sprintf("fonts: %s: %v", file, err)) // embedded, so a mistake of the build
}
