package simulator

import (
	"slices"
	"strconv"

	"assent/phone"
	"assent/whatsapp/wire"
)

// fate is what becomes of messages to a special number.
type fate struct {
	code   wire.Code // of the error, if there is one
	atOnce bool      // in the answer; else accepted and failed in a status
	quirk  quirk
}

// quirk is a misbehaviour without an error code.
type quirk int

const (
	noQuirk          quirk = iota
	silent                 // accepted, and never a status
	onlyRead               // no `delivered`, as happens when the chat is open
	backwards              // read, delivered, sent
	held                   // held for quality assessment, then failed with 132015
	htmlError              // 500 with a page of a proxy; nothing is sent
	noAnswer               // sent, but the connection dies before the answer
	lateSuccess            // failed, then a stray delivered
	sentOnly               // never delivered: the phone is off
	played                 // read, and played as a voice message is
	chargedMarketing       // delivered, and charged as marketing whatever the template is
	codeless               // failed, without an error that says why
	codeZero               // refused with the code 0, as an odd token is
	unheardOf              // failed with UnknownCode
)

// UnknownCode is an error that no table has. Scripts can name it, to see what becomes of
// a message that fails for a reason unheard of.
const UnknownCode wire.Code = 99_999

// quirks are the last six digits of numbers that misbehave.
var quirks = map[int]quirk{
	990001: silent, 990002: onlyRead, 990003: backwards, 990004: held, 990005: htmlError, 990006: noAnswer, 990007: lateSuccess, 990008: sentOnly,
	990009: played, 990010: chargedMarketing, 990011: codeless, 990012: codeZero, 990013: unheardOf,
}

// laterCodes normally come in a status, after the send was accepted. (Meta's
// page of error codes; 131047 is told apart by Options.WindowAtOnce.)
var laterCodes = []wire.Code{131026, 131047, 131049, 131050, 130472, 131048, 131053, 132015}

// fateOf reads the last six digits of a number as an error code: as it stands
// from 130000 to 139999, with 900000 added for shorter codes. A 7 before them
// turns "later" into "at once" and the other way round.
func fateOf(n phone.Number) fate {
	digits := n.WAID()
	if len(digits) < 9 {
		return fate{}
	}
	last, err := strconv.Atoi(digits[len(digits)-6:])
	if err != nil {
		return fate{}
	}
	if q, ok := quirks[last]; ok {
		return fate{quirk: q}
	}
	code := wire.Code(last)
	switch {
	case last >= 130000 && last <= 139999:
	case last >= 900000 && last != 900000:
		code = wire.Code(last - 900000)
	default:
		return fate{}
	}
	if !code.Known() {
		return fate{}
	}
	atOnce := !slices.Contains(laterCodes, code)
	if digits[len(digits)-7] == '7' {
		atOnce = !atOnce
	}
	return fate{code: code, atOnce: atOnce}
}
