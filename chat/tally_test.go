package chat_test

import (
	"reflect"
	"testing"

	"assent/chat"
)

func TestTally(t *testing.T) {
	list := []chat.SendCount{
		{Kind: chat.KindTemplate, State: chat.Queued, Code: 0, N: 1}, {Kind: chat.KindTemplate, State: chat.Dropped, Code: 0, N: 2}, {Kind: chat.KindTemplate, State: chat.Sent, Code: 0, N: 4}, {Kind: chat.KindTemplate, State: chat.Unclear, Code: 0, N: 8},
		{Kind: chat.KindTemplate, State: chat.Delivered, Code: 0, N: 16}, {Kind: chat.KindTemplate, State: chat.Read, Code: 0, N: 32}, {Kind: chat.KindTemplate, State: chat.Failed, Code: 131026, N: 64}, {Kind: chat.KindTemplate, State: chat.Failed, Code: 131049, N: 128},
		{Kind: chat.KindReceipt, State: chat.Failed, Code: 131026, N: 256},
	}
	if got, want := chat.Tally(list, chat.KindTemplate), (chat.Sends{Left: 252, Arrived: 48, Read: 32, Failed: 192, Codes: map[int]int{131026: 64, 131049: 128}}); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := chat.Tally(list, ""); got.Left != 508 || got.Failed != 448 || got.Codes[131026] != 320 {
		t.Errorf("%+v", got)
	}
}
