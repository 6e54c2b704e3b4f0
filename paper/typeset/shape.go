package typeset

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"

	"assent/paper/fonts"
	"assent/paper/pdf"
)

// shape turns characters into glyphs in visual order, with the letters around
// them as context.
func shape(f *fonts.Face, text []rune, start, end int, rtl bool, script language.Script, lang string) []glyph {
	s := take(f)
	defer s.giveBack(f)
	b := s.buffer
	b.Clear()
	b.AddRunes(text, start, end-start)
	b.ClusterLevel = harfbuzz.MonotoneCharacters
	b.Props.Direction = harfbuzz.LeftToRight
	if rtl {
		b.Props.Direction = harfbuzz.RightToLeft
	}
	b.Props.Script, b.Props.Language = script, language.NewLanguage(lang)
	b.Shape(s.font, nil)
	out := make([]glyph, len(b.Info))
	for i, info := range b.Info {
		p := b.Pos[i]
		out[i] = glyph{pdf.Glyph{ID: uint16(info.Glyph), Advance: int(p.XAdvance), DX: int(p.XOffset), DY: int(p.YOffset)}, info.Cluster}
	}
	return out
}

// shaper is a font made ready for HarfBuzz, which one goroutine may use at a time.
type shaper struct {
	font   *harfbuzz.Font
	buffer *harfbuzz.Buffer
}

var (
	parsed sync.Map // of a face to a func that parses it once
	idle   sync.Map // of a face to a pool of shapers
)

func take(f *fonts.Face) *shaper {
	pool, _ := idle.LoadOrStore(f, &sync.Pool{})
	if s, ok := pool.(*sync.Pool).Get().(*shaper); ok {
		return s
	}
	once, _ := parsed.LoadOrStore(f, sync.OnceValue(func() *font.Font { return parse(f) }))
	return &shaper{harfbuzz.NewFont(font.NewFace(once.(func() *font.Font)())), harfbuzz.NewBuffer()}
}

func (s *shaper) giveBack(f *fonts.Face) {
	pool, _ := idle.LoadOrStore(f, &sync.Pool{})
	pool.(*sync.Pool).Put(s)
}

func parse(f *fonts.Face) *font.Font {
	data, index := f.Data()
	loaders, err := opentype.NewLoaders(bytes.NewReader(data))
	if err == nil && index < len(loaders) {
		var out *font.Font
		if out, err = font.NewFont(loaders[index]); err == nil {
			return out
		}
	}
	panic(fmt.Sprintf("typeset: a font cannot be read: %v", err)) // embedded, so a mistake of the build
}
