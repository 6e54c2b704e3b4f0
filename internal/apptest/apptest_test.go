package apptest_test

import (
	"strings"
	"testing"

	"assent/consent"
	"assent/internal/apptest"
	"assent/optin"
	"assent/whatsapp/simulator"
)

const person = "+491701234567"

func TestPageThenChat(t *testing.T) {
	a := apptest.New(t)
	a.OptIn(person, apptest.Offers)
	if got := a.Check(person, apptest.Orders); got.Allowed || got.State != consent.Refused {
		t.Errorf("the box that was not ticked: %+v", got)
	}
	if said := a.Received(person); len(said) != 1 || !strings.Contains(said[0].Text, "send me offers") {
		t.Errorf("the phone shows %+v, want one receipt", said)
	}
	a.Say(person, "STOP")
	if got := a.State(person, apptest.Offers); got != consent.Withdrawn {
		t.Errorf("after STOP: %s", got)
	}
}

func TestFormThenTemplate(t *testing.T) {
	a := apptest.New(t)
	token := a.Submit(optin.Submission{Slug: apptest.Asking, Lang: "de", Phone: "0170 1234567", Country: "DE", Purposes: []string{apptest.Orders}})
	if err := a.Optin.AskTemplate(t.Context(), token, ""); err != nil {
		t.Fatal(err)
	}
	a.Settle()
	asked := a.Received(person)
	if len(asked) != 1 || asked[0].Template != apptest.Template || len(asked[0].Buttons) != 3 {
		t.Fatalf("the phone shows %+v, want the template", asked)
	}
	a.Act(simulator.Inbound{From: person, Button: asked[0].Buttons[0].Payload})
	if got := a.Check(person, apptest.Orders); !got.Allowed {
		t.Errorf("after Yes: %+v", got)
	}
}

func TestPrintedCode(t *testing.T) {
	a := apptest.New(t)
	a.Say(person, "Hello Sonnentor! I would like to hear from you. Code "+apptest.PrintedCode)
	asked := a.Received(person)
	if len(asked) != 1 || len(asked[0].Buttons) != 2 {
		t.Fatalf("the phone shows %+v, want the first question", asked)
	}
	a.Act(simulator.Inbound{From: person, Button: asked[0].Buttons[0].Payload})
	if got := a.Check(person, apptest.Offers); !got.Allowed {
		t.Errorf("after Yes: %+v", got)
	}
}
