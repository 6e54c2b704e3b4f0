package api

import (
	"context"
	"net/http"

	"assent/fault"
	"assent/standard"
)

// GetReceipt answers GET /consents/{id}/receipt.
func (s strict) GetReceipt(ctx context.Context, request GetReceiptRequestObject) (GetReceiptResponseObject, error) {
	format, err := standard.ParseFormat(text(request.Params.Format))
	if err != nil {
		return nil, err
	}
	if !idForm.MatchString(request.Id) {
		return nil, fault.New(fault.NotFound, "There is no such consent.")
	}
	body, err := s.c.Proof.ConsentReceipt(ctx, callerOf(ctx).Business, request.Id, format)
	if err != nil {
		return nil, err
	}
	return receipt{body, format}, nil
}

// receipt is a record or receipt as it goes out.
type receipt struct {
	body   []byte
	format standard.Format
}

// VisitGetReceiptResponse implements GetReceiptResponseObject.
func (r receipt) VisitGetReceiptResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", r.format.MediaType())
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(r.body)
	return err
}
