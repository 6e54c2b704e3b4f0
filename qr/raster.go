package qr

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/draw"
)

// PNG draws the symbol as Image does, and writes it.
func (s *Symbol) PNG(w io.Writer, pixels int) error {
	img, err := s.Image(pixels)
	if err != nil {
		return err
	}
	buf := bufio.NewWriter(w)
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(buf, img); err != nil {
		return fmt.Errorf("drawing a QR code: %w", err)
	}
	return buf.Flush()
}

func (s *Symbol) withLogo(code image.Image, scale, offset float64) image.Image {
	out := image.NewRGBA(code.Bounds())
	draw.Draw(out, out.Bounds(), code, image.Point{}, draw.Src)
	x, y, w, h := s.LogoBox()
	at := func(f float64) int { return int(math.Round(offset + f*scale)) }
	draw.CatmullRom.Scale(out, image.Rect(at(x), at(y), at(x+w), at(y+h)), s.Logo, s.Logo.Bounds(), draw.Over, nil)
	return out
}

// gray is a picture as a camera keeps it.
type gray struct {
	w   int
	pix []byte
}

func newGray(w int) *gray { return &gray{w, make([]byte, w*w)} }

// raster draws the symbol edge to edge on w × w pixels, each of them the mean
// of what it covers: what a printer or a screen makes of it that knows nothing
// of modules.
func (s *Symbol) raster(w int) *gray {
	g, edge := newGray(w), s.Edge()
	light, dark := luma(s.Ground), luma(s.Ink)
	at, part := spread(w, edge)
	row := make([]float64, edge+1) // how dark each module is in this row
	for y := range w {
		for m := range row {
			row[m] = part[y]*one(s.shows(m, at[y])) + (1-part[y])*one(s.shows(m, at[y]+1))
		}
		for x := range w {
			d := part[x]*row[at[x]] + (1-part[x])*row[at[x]+1]
			g.pix[y*w+x] = byte(math.Round(light + d*(dark-light)))
		}
	}
	if s.Logo != nil {
		s.rasterLogo(g)
	}
	return g
}

// spread says for each of w pixels over edge modules in which module it begins,
// and how much of it lies there; the rest lies in the next.
func spread(w, edge int) (at []int, part []float64) {
	at, part = make([]int, w), make([]float64, w)
	per := float64(edge) / float64(w) // modules a pixel: at most 1
	for i := range w {
		from := float64(i) * per
		at[i] = min(int(from), edge-1)
		part[i] = min(1, (float64(at[i]+1)-from)/per)
	}
	return at, part
}

// shows reports whether the module of the drawing is dark and not covered.
func (s *Symbol) shows(x, y int) bool {
	x, y = x-s.Quiet, y-s.Quiet
	return s.Dark(x, y) && !s.covered(x, y)
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (s *Symbol) rasterLogo(g *gray) {
	x, y, w, h := s.LogoBox()
	scale := float64(g.w) / float64(s.Edge())
	at := func(f float64) int { return min(max(int(math.Round(f*scale)), 0), g.w) }
	r := image.Rect(at(x), at(y), at(x+w), at(y+h))
	if r.Empty() {
		return
	}
	small := image.NewRGBA(r)
	draw.Draw(small, r, image.NewUniform(s.Ground), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(small, r, s.Logo, s.Logo.Bounds(), draw.Over, nil)
	for py := r.Min.Y; py < r.Max.Y; py++ {
		for px := r.Min.X; px < r.Max.X; px++ {
			g.pix[py*g.w+px] = byte(luma(small.RGBAAt(px, py)))
		}
	}
}

// enlarged returns the picture n times as large, without steps between pixels:
// as a camera sees a screen that is coarser than itself.
func (g *gray) enlarged(n int) *gray {
	if n == 1 {
		return g
	}
	out := newGray(g.w * n)
	at, part := make([]int, out.w), make([]int, out.w) // the pixel before, and how much of 256 is the next one's
	for i := range out.w {
		f := max(0, (float64(i)+0.5)/float64(n)-0.5)
		at[i] = min(int(f), g.w-2)
		part[i] = int(256 * min(1, f-float64(at[i])))
	}
	for y := range out.w {
		upper, lower, v := g.pix[at[y]*g.w:], g.pix[(at[y]+1)*g.w:], part[y]
		row := out.pix[y*out.w : (y+1)*out.w]
		for x := range row {
			i, h := at[x], part[x]
			top := int(upper[i])*(256-h) + int(upper[i+1])*h
			low := int(lower[i])*(256-h) + int(lower[i+1])*h
			row[x] = byte((top*(256-v) + low*v) >> 16)
		}
	}
	return out
}

// blurred averages squares of 2r+1 pixels, as a lens out of focus does.
func (g *gray) blurred(r int) *gray {
	if r < 1 {
		return g
	}
	half, out := newGray(g.w), newGray(g.w)
	for y := range g.w { // along the rows, then along the columns of that
		blurLine(half.pix[y*g.w:], g.pix[y*g.w:], g.w, 1, r)
	}
	for x := range g.w {
		blurLine(out.pix[x:], half.pix[x:], g.w, g.w, r)
	}
	return out
}

// blurLine blurs n pixels that lie step apart; the line's ends go on for ever.
func blurLine(dst, src []byte, n, step, r int) {
	sum := 0
	value := func(i int) int { return int(src[min(max(i, 0), n-1)*step]) }
	for i := -r; i <= r; i++ {
		sum += value(i)
	}
	for i := range n {
		dst[i*step] = byte(sum / (2*r + 1))
		sum += value(i+r+1) - value(i-r)
	}
}

// damaged returns the picture with a tenth of the symbol's area hidden under one
// blot: torn off or covered.
func (g *gray) damaged(s *Symbol, side blot) *gray {
	out := &gray{g.w, append([]byte(nil), g.pix...)}
	scale := float64(g.w) / float64(s.Edge())
	size := math.Sqrt(0.1) * float64(s.size)
	middle, end := (float64(s.size)-size)/2, float64(s.size)-size
	x, y := end, middle
	if side.bottom {
		x, y = middle, end
	}
	shade := byte(luma(color.RGBA{side.shade, side.shade, side.shade, 255}))
	at := func(f float64) int { return int(math.Round((f + float64(s.Quiet)) * scale)) }
	for py := at(y); py < at(y+size); py++ {
		for px := at(x); px < at(x+size); px++ {
			out.pix[py*g.w+px] = shade
		}
	}
	return out
}

// blot is where a symbol is damaged and how light what lies there is. Neither
// place touches a finder pattern: without one no code is found, however much of it
// can be restored.
type blot struct {
	bottom bool
	shade  uint8
}
