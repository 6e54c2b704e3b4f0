package funnel

// UsualColour is the colour of pages for which nobody chose one.
const UsualColour = "#23418f"

// Look is how the page of a version looks. Its zero value is the house's look in
// the business's colour.
type Look struct {
	Colour string  `json:"colour,omitempty"` // #rrggbb; empty: the business's
	Radius Radius  `json:"radius,omitempty"`
	Font   Font    `json:"font,omitempty"`
	Logo   Picture `json:"logo,omitzero"`
	Hero   Picture `json:"hero,omitzero"` // over the headline
}

// Radius is how round corners are.
type Radius string

// The radii.
const (
	RadiusHouse  Radius = "" // a little
	RadiusSquare Radius = "square"
	RadiusRound  Radius = "round"
)

// Font is the typeface of headings.
type Font string

// The fonts: the house's own serif, and those that every system has.
const (
	FontHouse  Font = ""
	FontSystem Font = "system"
	FontSerif  Font = "serif"
	FontMono   Font = "mono"
)

// Picture is an uploaded picture: its bytes are kept under their hash, as
// evidence of what was shown.
type Picture struct {
	SHA256 string `json:"sha256"`
	Type   string `json:"type"` // image/png, image/jpeg
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// Extension returns what the picture's file name ends in, or the empty string
// for a type that is never kept.
func (p Picture) Extension() string {
	switch p.Type {
	case "image/png":
		return "png"
	case "image/jpeg":
		return "jpg"
	}
	return ""
}
