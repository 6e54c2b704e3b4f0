package optin

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assent/whatsapp/wire"
)

// laneOf names the elements of each lane by their place.
func lanesOf(elements ...wire.Element) (list []string) {
	var pieces []piece
	for i := range elements {
		pieces = append(pieces, piece{element: &elements[i], at: i})
	}
	for _, lane := range lanes(pieces) {
		var places []string
		for _, p := range lane {
			places = append(places, fmt.Sprint(p.at))
		}
		list = append(list, strings.Join(places, " "))
	}
	return list
}

func TestLanes(t *testing.T) {
	wrote := func(id, from, userID, answers string) wire.Element {
		m := &wire.Message{ID: id, From: from, FromUserID: userID}
		if answers != "" {
			m.Context = &wire.Context{ID: answers}
		}
		return wire.Element{Kind: wire.KindMessage, Message: m}
	}
	status := func(id, to, userID string) wire.Element {
		return wire.Element{Kind: wire.KindStatus, Status: &wire.Status{ID: id, RecipientID: to, RecipientUserID: userID}}
	}
	moved := func(before, after, userID string) wire.Element {
		return wire.Element{Kind: wire.KindSystem, Message: &wire.Message{Content: wire.Content{System: &wire.System{PreviousWAID: before, WAID: after, UserID: userID}}}}
	}
	stopped := wire.Element{Kind: wire.KindPreference, Preference: &wire.Preference{UserID: "DE.1"}}
	news := wire.Element{Kind: wire.KindField, Field: "account_update"}
	tests := map[string]struct {
		elements []wire.Element
		want     []string
	}{
		"none":                              {nil, nil},
		"strangers":                         {[]wire.Element{wrote("m1", "1", "", ""), wrote("m2", "2", "", "")}, []string{"0", "1"}},
		"one account":                       {[]wire.Element{wrote("m1", "1", "", ""), wrote("m2", "2", "", ""), wrote("m3", "1", "", "")}, []string{"0 2", "1"}},
		"a number and its user id":          {[]wire.Element{wrote("m1", "1", "", ""), stopped, wrote("m3", "1", "DE.1", "")}, []string{"0 1 2"}},
		"a move":                            {[]wire.Element{wrote("m1", "1", "", ""), wrote("m2", "2", "", ""), moved("1", "2", ""), wrote("m4", "2", "", "")}, []string{"0 1 2 3"}},
		"a status and the account":          {[]wire.Element{status("m1", "1", ""), wrote("m2", "1", "", "")}, []string{"0 1"}},
		"statuses of a message":             {[]wire.Element{status("m1", "", ""), status("m2", "", ""), status("m1", "", "")}, []string{"0 2", "1"}},
		"an answer and its message":         {[]wire.Element{status("m1", "1", ""), wrote("m2", "", "DE.1", "m1")}, []string{"0 1"}},
		"what is the account's, in order":   {[]wire.Element{news, wrote("m1", "1", "", ""), news}, []string{"0 2", "1"}},
		"two lanes that turn out to be one": {[]wire.Element{wrote("m1", "1", "", ""), wrote("m2", "", "DE.1", ""), wrote("m3", "2", "", ""), wrote("m4", "1", "DE.1", ""), wrote("m5", "", "DE.1", "")}, []string{"0 1 3 4", "2"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := lanesOf(tt.elements...); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// Whatever comes: each element is in one lane, in its order, and two that share a
// name are in the same.
func TestLanesKeepTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"", "1", "2", "3", "4", "5"})
		var pieces []piece
		for i := range rapid.IntRange(0, 30).Draw(t, "n") {
			el := wire.Element{Contact: wire.Contact{WAID: name.Draw(t, "number"), UserID: name.Draw(t, "user id")}}
			pieces = append(pieces, piece{element: &el, at: i})
		}
		laneOf := map[int]int{}
		for n, lane := range lanes(pieces) {
			for i, p := range lane {
				if _, twice := laneOf[p.at]; twice || i > 0 && lane[i-1].at >= p.at {
					t.Fatalf("element %d is twice, or out of its order", p.at)
				}
				laneOf[p.at] = n
			}
		}
		for i, p := range pieces {
			for j, other := range pieces[:i] {
				shared := slices.ContainsFunc(namesIn(p.element), func(n string) bool { return slices.Contains(namesIn(other.element), n) })
				if shared && laneOf[i] != laneOf[j] {
					t.Fatalf("elements %d and %d name one account and are apart", j, i)
				}
			}
		}
		if len(laneOf) != len(pieces) {
			t.Fatalf("%d of %d elements are in a lane", len(laneOf), len(pieces))
		}
	})
}
