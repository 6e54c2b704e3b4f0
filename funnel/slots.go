package funnel

// Slots are the parts from which consent words are built. Each is one thing
// that some law wants said; the number and the controller come with the funnel.
type Slots struct {
	Kind         string `json:"kind"`                    // "offers and news about our coffee"
	NotCondition bool   `json:"not_condition,omitempty"` // not required to buy anything
	Automated    bool   `json:"automated,omitempty"`     // sent by automated means (United States)
	Provider     string `json:"provider,omitempty"`      // who else carries the messages
	MailAddress  bool   `json:"mail_address,omitempty"`  // the sender's postal address (Canada)
	Complaint    string `json:"complaint,omitempty"`     // where to complain (European Union, India)
}
