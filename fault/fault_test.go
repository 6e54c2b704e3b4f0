package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"assent/fault"
)

func TestKindOf(t *testing.T) {
	inner := fault.Field("phone", "That number has too few digits.").Because(io.ErrUnexpectedEOF)
	tests := []struct {
		name string
		err  error
		want fault.Kind
	}{
		{"nil", nil, fault.Internal},
		{"foreign", io.EOF, fault.Internal},
		{"direct", fault.New(fault.Gone, "It has ended."), fault.Gone},
		{"wrapped", fmt.Errorf("submit: %w", inner), fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fault.KindOf(tt.err); got != tt.want {
				t.Errorf("KindOf = %v, want %v", got, tt.want)
			}
		})
	}
	wrapped := fmt.Errorf("submit: %w", inner)
	if fault.FieldOf(wrapped) != "phone" || fault.Message(wrapped) != "That number has too few digits." {
		t.Errorf("field %q, message %q", fault.FieldOf(wrapped), fault.Message(wrapped))
	}
	if !errors.Is(wrapped, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	busy := fmt.Errorf("submit: %w", fault.New(fault.TooMany, "Slow down.").After(time.Minute))
	if fault.RetryOf(busy) != time.Minute || fault.RetryOf(wrapped) != 0 || fault.RetryOf(io.EOF) != 0 {
		t.Error("when it may be tried again is lost, or made up")
	}
	if fault.Message(io.EOF) != "" {
		t.Error("the text of a foreign error reached people")
	}
	if fault.Is(nil, fault.Internal) {
		t.Error("no error is no fault")
	}
}

func TestWrap(t *testing.T) {
	f := func(in error) (err error) {
		defer fault.Wrap(&err, "store.Event(%s)", "e1")
		return in
	}
	if err := f(nil); err != nil {
		t.Errorf("Wrap made an error of nil: %v", err)
	}
	err := f(fault.New(fault.NotFound, "There is no such event."))
	if got, want := err.Error(), "store.Event(e1): There is no such event."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if fault.KindOf(err) != fault.NotFound {
		t.Error("the kind is lost")
	}
}
