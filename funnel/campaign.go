package funnel

import (
	"regexp"
	"strings"
)

// ClaimCampaign names, in the event of an act, the Campaign that it came from.
const ClaimCampaign = "campaign"

// Campaign is the advertisement or post that somebody tapped to write, as WhatsApp
// names it: it tells where they came from, decides nothing, and nobody but WhatsApp
// vouches for it. The click's own id (ctwa_clid) is no part of it, for it tells one
// person's tap from all others: it stays in the sealed bytes that brought the message.
type Campaign struct {
	SourceType string `json:"source_type,omitempty"` // ad or post
	SourceID   string `json:"source_id,omitempty"`
	Headline   string `json:"headline,omitempty"` // whatever the advertiser wrote
}

// The bounds of what is kept of a Campaign.
const (
	maxHeadline     = 120     // characters
	maxHeadlineRead = 1 << 12 // bytes of what came that are looked at
)

var (
	sourceType = regexp.MustCompile(`^[a-z][a-z_]{0,19}$`)
	sourceID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$`)
)

// CampaignOf returns what can be kept of a campaign; what is not of its form is left
// out. It is the zero Campaign where that leaves nothing by which to know it.
func CampaignOf(typ, id, headline string) (c Campaign) {
	if sourceID.MatchString(id) {
		c.SourceID = id
	}
	words := strings.Join(strings.Fields(Plain(headline[:min(len(headline), maxHeadlineRead)])), " ")
	if r := []rune(words); len(r) > maxHeadline {
		words = string(r[:maxHeadline])
	}
	c.Headline = strings.Trim(words, " \u200c\u200d")
	if !c.IsZero() && sourceType.MatchString(typ) {
		c.SourceType = typ
	}
	return c
}

// IsZero reports whether no campaign is known.
func (c Campaign) IsZero() bool { return c.SourceID == "" && c.Headline == "" }

// String returns the campaign on one line: "ad 120210: Fresh bread".
func (c Campaign) String() string {
	s := strings.TrimSpace(c.SourceType + " " + c.SourceID)
	if s != "" && c.Headline != "" {
		s += ": "
	}
	return s + c.Headline
}
