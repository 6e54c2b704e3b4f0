package poster

import (
	"image/color"
	"strings"

	"assent/fault"
	"assent/paper/typeset"
)

// layout is a face in the making.
type layout struct {
	p       Poster
	f       format
	w, h, m float64 // of the face, in points, and its margin
	ink     color.RGBA
	dir     typeset.Direction
	things  []thing
}

// block is lines that are put somewhere together.
type block struct {
	lines  []typeset.Line
	width  float64
	height float64
	tag    string
	colour color.RGBA
	lang   string
}

func (l *layout) block(text, tag string, s typeset.Style, width float64, colour color.RGBA, dir typeset.Direction) block {
	b := block{width: width, tag: tag, colour: colour, lang: l.p.Lang}
	b.lines = typeset.Set([]typeset.Span{{Text: text, Style: s, Lang: l.p.Lang}}, width, dir)
	for _, line := range b.lines {
		b.height += line.Height
	}
	return b
}

// put draws a block from y down in the column at x; centred, or else where lines
// begin. It returns where the block ends.
func (l *layout) put(b block, x, y float64, centred bool) float64 {
	for i := range b.lines {
		line := &b.lines[i]
		at := x
		switch {
		case centred:
			at = x + (b.width-line.Width)/2
		case l.p.RTL:
			at = x + b.width - line.Width
		}
		l.things = append(l.things, thing{x: at, y: y, line: line, tag: b.tag, colour: b.colour, lang: b.lang})
		y += line.Height
	}
	return y
}

var (
	black = color.RGBA{17, 17, 17, 255}
	muted = color.RGBA{70, 70, 70, 255}
)

// headline sets the call to act as large as fits the room: words whole, and no
// more lines than an eye takes in at once.
func (l *layout) headline(width, height float64, lines int) (block, error) {
	for size := l.f.headline; size >= l.f.headline*0.42; size *= 0.96 {
		style := typeset.Style{Size: size, Bold: true}
		b := l.block(l.p.Headline, "H1", style, width, black, l.dir)
		if len(b.lines) <= lines && b.height <= height && whole(l.p.Headline, style, width) {
			return l.balanced(b, style, width), nil
		}
	}
	return block{}, fault.Field("headline", "The sentence is too long for this size. Say it in fewer words, or take a larger poster.")
}

// balanced sets the sentence anew in the narrowest column that takes no more lines,
// so that no word is left alone on the last.
func (l *layout) balanced(b block, style typeset.Style, width float64) block {
	for narrow := width * 0.96; narrow > width*0.5; narrow -= width * 0.04 {
		next := l.block(l.p.Headline, "H1", style, narrow, black, l.dir)
		if len(next.lines) > len(b.lines) || !whole(l.p.Headline, style, narrow) {
			break
		}
		next.width = width
		b = next
	}
	return b
}

// whole reports whether each word fits a line.
func whole(text string, s typeset.Style, width float64) bool {
	for _, word := range strings.Fields(text) {
		if typeset.Width(word, s, typeset.Auto) > width {
			return false
		}
	}
	return true
}

// small sets the small print as large as fits the room.
func (l *layout) small(width, height float64) (list []block, total float64, err error) {
	for size := l.f.small; size >= l.f.least-0.01; size -= 0.1 {
		list, total = nil, 0
		for i, text := range l.p.Small {
			if i > 0 {
				total += size * 0.45
			}
			b := l.block(text, "P", typeset.Style{Size: size}, width, muted, l.dir)
			list, total = append(list, b), total+b.height
		}
		if total <= height {
			return list, total, nil
		}
	}
	return nil, 0, fault.Field("template", "The consent words do not fit this size in letters that can be read. Take a larger poster.")
}

// putSmall draws the small print so that it ends at the bottom, under a hairline.
func (l *layout) putSmall(list []block, x, width, top float64) {
	l.things = append(l.things, thing{x: x, y: top - 0.35*l.f.small - 3, w: width, h: 0.5, colour: gray(0.55)})
	for i, b := range list {
		if i > 0 {
			top += l.smallSize(b) * 0.45
		}
		top = l.put(b, x, top, false)
	}
}

func (l *layout) smallSize(b block) float64 {
	if len(b.lines) > 0 && len(b.lines[0].Runs) > 0 {
		return b.lines[0].Runs[0].Size
	}
	return l.f.small
}

// brand puts the business's name and a short bar in the code's colour.
func (l *layout) brand(x, y, width float64, centred bool) float64 {
	name := l.block(l.p.Business, "P", typeset.Style{Size: l.f.text * 1.05, Bold: true}, width, l.ink, l.dir)
	y = l.put(name, x, y, centred)
	bar := l.f.text * 2.4
	at := x
	switch {
	case centred:
		at = x + (width-bar)/2
	case l.p.RTL:
		at = x + width - bar
	}
	y += l.f.text * 0.3
	l.things = append(l.things, thing{x: at, y: y, w: bar, h: l.f.text * 0.16, colour: l.ink})
	return y + l.f.text*0.16
}

// link is the address in letters, and what leads over to it.
func (l *layout) link(width float64) []block {
	size := l.f.text
	style := typeset.Style{Size: size, Bold: true}
	for ; typeset.Width(l.p.Link, style, typeset.LeftToRight) > width && style.Size > size*0.6; style.Size *= 0.95 {
	}
	return []block{
		l.block(l.p.Or, "P", typeset.Style{Size: size * 0.85}, width, muted, l.dir),
		l.block(l.p.Link, "P", style, width, black, typeset.LeftToRight),
	}
}

func heightOf(list ...block) (h float64) {
	for _, b := range list {
		h += b.height
	}
	return h
}

// tall is a face with one thing under the other.
func (l *layout) tall() error {
	width, code := l.w-2*l.m, l.f.code*mm
	small, smallHeight, err := l.small(width, l.h*0.27)
	if err != nil {
		return err
	}
	smallTop := l.h - l.m*0.8 - smallHeight
	y := l.brand(l.m, l.m*0.9, width, true)
	call := l.block(l.p.Call, "P", typeset.Style{Size: l.f.text}, width*0.86, black, l.dir)
	link := l.link(width)
	gap := l.f.text * 0.9
	room := smallTop - gap - y - code - heightOf(link...) - call.height - 3*gap
	head, err := l.headline(width, room, 4)
	if err != nil {
		return err
	}
	spare := max(0, room-head.height) / 3 // shared out over, between and under
	y = l.put(head, l.m, y+gap+spare, true)
	y += gap*0.6 + spare*0.7
	l.things = append(l.things, thing{x: (l.w - code) / 2, y: y, w: code, symbol: l.p.Symbol})
	y = l.put(call, l.m+width*0.07, y+code+gap*0.2, true)
	for _, b := range link {
		y = l.put(b, l.m, y+gap*0.35, true)
	}
	l.putSmall(small, l.m, width, smallTop)
	return nil
}

// wide is a face with the text beside the code, where lines begin.
func (l *layout) wide() error {
	code, gap := l.f.code*mm, l.m*0.7
	column := l.w - 2*l.m - code - gap
	textX, codeX := l.m, l.w-l.m-code
	if l.p.RTL {
		textX, codeX = l.w-l.m-column, l.m
	}
	bottom := l.h - l.m
	if !l.f.back {
		small, height, err := l.small(l.w-2*l.m, l.h*0.28)
		if err != nil {
			return err
		}
		bottom = l.h - l.m*0.8 - height
		l.putSmall(small, l.m, l.w-2*l.m, bottom)
		bottom -= l.f.text
	}
	codeY := max(l.m*0.6, (bottom-code)/2)
	if l.f.back {
		codeY = (l.h - code) / 2
	}
	l.things = append(l.things, thing{x: codeX, y: codeY, w: code, symbol: l.p.Symbol})
	y := l.brand(textX, l.m*0.95, column, false)
	call := l.block(l.p.Call, "P", typeset.Style{Size: l.f.text}, column, black, l.dir)
	link := l.link(column)
	space := l.f.text * 0.55
	room := bottom - y - call.height - heightOf(link...) - 4*space
	head, err := l.headline(column, room, 5)
	if err != nil {
		return err
	}
	y = l.put(head, textX, y+space*1.2, false)
	y = l.put(call, textX, y+space, false)
	y = max(y+space, bottom-heightOf(link...))
	for _, b := range link {
		y = l.put(b, textX, y, false)
	}
	return nil
}

// back is the other side of a card: who says what.
func (l *layout) back() error {
	width := l.w - 2*l.m
	y := l.brand(l.m, l.m*0.95, width, false)
	small, height, err := l.small(width, l.h-l.m*0.9-y-l.f.text*1.4)
	if err != nil {
		return err
	}
	l.putSmall(small, l.m, width, l.h-l.m*0.9-height)
	return nil
}
