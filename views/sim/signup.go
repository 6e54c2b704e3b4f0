package sim

// Signup is the screen of a sign-up link, before the person says yes.
type Signup struct {
	Phone   Phone // whose it is
	Name    string
	Number  string // of the business, without its plus
	ID      string
	Message string
	Website string
	Privacy string
	Act     string
	Gone    bool // the link does not work
	Problem string
}
