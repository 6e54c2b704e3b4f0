package chat_test

import (
	"strings"
	"testing"
	"time"

	"assent/chat"
)

func TestStatusesInAnyOrder(t *testing.T) {
	tests := []struct {
		name          string
		before, after chat.MessageState
		want          bool
	}{
		{"delivered after sent", chat.Sent, chat.Delivered, true},
		{"read at once", chat.Sent, chat.Read, true},
		{"late delivered after read", chat.Read, chat.Delivered, false},
		{"late sent after failed", chat.Failed, chat.Sent, false},
		{"failed after sent", chat.Sent, chat.Failed, true},
		{"status overtakes our own write", chat.Queued, chat.Delivered, true},
		{"the same again", chat.Delivered, chat.Delivered, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.after.After(tt.before); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestPayload(t *testing.T) {
	key := []byte("0123456789abcdef")
	p := chat.Payload{Answer: chat.Yes, Question: "0193a5c0-7b1c-7e0a-8a3c-0123456789ab", Purpose: "offers"}
	text := p.Seal(key)
	if len(text) > 128 {
		t.Errorf("payload has %d characters", len(text))
	}
	if got, ok := chat.OpenPayload(key, text); !ok || got != p {
		t.Fatalf("opened %+v, %v", got, ok)
	}
	for i := range text {
		bad := []byte(text)
		bad[i] ^= 1
		if _, ok := chat.OpenPayload(key, string(bad)); ok {
			t.Errorf("byte %d changed and still ours", i)
		}
	}
	if _, ok := chat.OpenPayload([]byte("another"), text); ok {
		t.Error("another installation's payload is ours")
	}
}

func FuzzOpenPayload(f *testing.F) {
	key := []byte("k")
	f.Add("")
	f.Add("a1.yes.q.p.")
	f.Add(chat.Payload{Answer: chat.No, Question: "q"}.Seal(key))
	f.Fuzz(func(t *testing.T, text string) {
		if p, ok := chat.OpenPayload(key, text); ok && p.Seal(key) != text {
			t.Errorf("%q has two spellings", text)
		}
	})
}

func TestWaits(t *testing.T) {
	now := time.Unix(1e9, 0)
	q := chat.Question{Purposes: []string{"offers"}, ExpiresAt: now.Add(time.Hour)}
	if !q.Waits("offers", now) || q.Waits("orders", now) || q.Waits("offers", now.Add(2*time.Hour)) {
		t.Error("a question takes answers about its purposes, in its time")
	}
	q.Closed = true
	if q.Waits("offers", now) {
		t.Error("a closed question takes no answer")
	}
}

func TestCheck(t *testing.T) {
	ok := chat.Content{To: "+49170", Text: "Hello", Buttons: []chat.Button{{Title: "Yes", Payload: "x"}}}
	tests := []struct {
		name  string
		spoil func(*chat.Content)
		good  bool
	}{
		{"good", func(*chat.Content) {}, true},
		{"both addresses", func(c *chat.Content) { c.BSUID = "DE.1" }, false},
		{"no address", func(c *chat.Content) { c.To = "" }, false},
		{"no text", func(c *chat.Content) { c.Text = "" }, false},
		{"too long for buttons", func(c *chat.Content) { c.Text = strings.Repeat("x", 1025) }, false},
		{"title too long", func(c *chat.Content) { c.Buttons[0].Title = strings.Repeat("x", 21) }, false},
		{"four buttons", func(c *chat.Content) { c.Buttons = make([]chat.Button, 4) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := ok
			c.Buttons = append([]chat.Button{}, ok.Buttons...)
			tt.spoil(&c)
			if err := c.Check(); (err == nil) != tt.good {
				t.Errorf("got %v", err)
			}
		})
	}
}
