package funnel

// FieldKind is what a field of the form takes.
type FieldKind string

// The kinds of field beyond number and name.
const (
	AskEmail  FieldKind = "email"
	AskChoice FieldKind = "choice" // one of Options
	AskText   FieldKind = "text"   // one line
	AskDate   FieldKind = "date"   // a day, as YYYY-MM-DD
)

// Field is something more that the form asks. What is typed into it is sealed
// with the request, and shown to nobody but the business.
type Field struct {
	Key      string    `json:"key"` // as it is posted
	Kind     FieldKind `json:"kind"`
	Required bool      `json:"required,omitempty"`
	Options  []string  `json:"options,omitempty"` // keys of a choice, in order
}

// FieldText is what is said of a field in one language.
type FieldText struct {
	Label   string            `json:"label"`
	Hint    string            `json:"hint,omitempty"`
	Options map[string]string `json:"options,omitempty"` // by the option's key
}
