package funnel

// Change is how the words of a version differ from those of the one before, as
// the publisher says (rule 12).
type Change string

// The changes.
const (
	ChangeNone    Change = ""        // the first version, or nothing in the words
	ChangeTypo    Change = "typo"    // the same meaning, better said
	ChangeMeaning Change = "meaning" // people agree to something else
)

// Welcome says what the message after the confirmation is (rule 33). It is sent
// only after consent and is never its condition.
type Welcome string

// The kinds of welcome message.
const (
	WelcomeNone      Welcome = ""
	WelcomeService   Welcome = "service"   // sent once after the receipt
	WelcomePromotion Welcome = "promotion" // sent only where marketing was agreed to
)
