package api

import (
	"context"
	"strings"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/records"
)

// EraseSubject answers DELETE /subjects/{identifier}.
func (s strict) EraseSubject(ctx context.Context, request EraseSubjectRequestObject) (EraseSubjectResponseObject, error) {
	key := callerOf(ctx)
	e := records.Erasure{Business: key.Business, Reason: text(request.Params.Reason), Method: "api", Actor: "api key " + key.ID}
	if !plainText(e.Reason, 0, 500) {
		return nil, fault.Field("reason", "The reason is at most 500 characters of plain text.")
	}
	var err error
	switch id := request.Identifier; {
	case evidence.ValidID(strings.ToLower(id)):
		e.Subject = strings.ToLower(id)
	case strings.HasPrefix(id, "+"):
		e.Account, err = accountOf(id, "")
	default:
		e.Account, err = accountOf("", id)
	}
	if err != nil {
		return nil, fault.Field("identifier", "Name a person's id, a number with + and its country code, or a WhatsApp user id.")
	}
	out, err := s.c.Proof.Erase(ctx, e)
	if err != nil {
		return nil, err
	}
	answer := Erased{SubjectId: out.Subject, EventId: out.Event, Forms: out.Requests}
	if !out.LockedUntil.IsZero() {
		until := out.LockedUntil.UTC().Format(time.RFC3339)
		answer.LockedUntil = &until
	}
	return EraseSubject200JSONResponse(answer), nil
}
