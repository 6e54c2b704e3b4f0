package wire_test

import (
	"testing"
	"time"

	"assent/whatsapp/wire"
)

// TestBehaviour goes through every code of the tables.
func TestBehaviour(t *testing.T) {
	classes := map[wire.Class][]wire.Code{
		wire.ClassRetry:  {4, 80007, 130429, 131056, 1, 2, 131000, 131016, 133004, 131057, 2494100, 133015, 134101},
		wire.ClassPerson: {131026, 131047, 131049, 131050, 131062, 130472, 130403, 131021, 131030, 137000},
		wire.ClassAccount: {131048, 131064, 130497, 368, 131031, 131042, 131044, 131037, 131045, 133010, 133000, 133005, 133006, 133008, 133009,
			133016, 131063, 134011, 0, 190, 3, 10, 200, 250, 299, 131005, 147001, 147005, 2494164, 2494168, 2494176, 2494177, 2494179},
		wire.ClassTemplate: {132000, 132012, 132018, 132008, 132001, 132005, 132007, 132015, 132016, 132068, 132069, 131055, 134100, 134102},
		wire.ClassRequest:  {100, 33, 131008, 131009, 131051, 131052, 131053, 135000, 139100, 139101, 139102, 139103, 139200, 2388318, 2388330},
		wire.ClassUnknown:  {-1, 5, 199, 300, 131099, 999999},
	}
	for class, codes := range classes {
		for _, c := range codes {
			b := c.Behaviour()
			if b.Class != class || b.Meaning == "" || b.Width == "" {
				t.Errorf("%d: %+v, want class %s", c, b, class)
			}
			if c.Known() != (class != wire.ClassUnknown) {
				t.Errorf("%d: known %v", c, c.Known())
			}
			if b.Retry() != (class == wire.ClassRetry) || b.Retry() && b.After <= 0 {
				t.Errorf("%d: retry %v after %v", c, b.Retry(), b.After)
			}
			if b.MaybeSent && !b.Retry() {
				t.Errorf("%d: final, and yet perhaps sent", c)
			}
		}
	}
	for c, want := range map[wire.Code]wire.Effect{
		131026: wire.EffectUnreachable, 131047: wire.EffectWindowClosed, 131049: wire.EffectCapReached, 131050: wire.EffectPlatformStop,
		131062: wire.EffectNeedsNumber, 130403: wire.EffectBlocked, 137000: wire.EffectIdentity, 190: wire.EffectStopSending,
		368: wire.EffectStopSending, 131048: wire.EffectStopCampaigns, 132015: wire.EffectPaused, 131000: wire.EffectNone,
	} {
		if got := c.Behaviour().Effect; got != want {
			t.Errorf("%d: effect %q, want %q", c, got, want)
		}
	}
	if wire.CodeCapReached.Behaviour().After < 24*time.Hour {
		t.Error("131049 comes again within a day")
	}
}

// TestAction holds every code to the one thing that is done about it.
func TestAction(t *testing.T) {
	for act, codes := range map[wire.Action][]wire.Code{
		wire.ActPauseSender:   {4, 80007, 130429, 131057, 2494100, 133015},
		wire.ActPausePair:     {131056},
		wire.ActReconcile:     {1, 2, 131000, 131016, 133004},
		wire.ActRetry:         {134101},
		wire.ActFinal:         {131026, 131047, 131049, 131062, 130472, 130403, 131021, 131030, 137000},
		wire.ActPlatformStop:  {131050},
		wire.ActStopSending:   {0, 190, 3, 10, 200, 250, 299, 131005, 368, 131031, 131042, 131044, 134011, 131037, 131045, 133010, 133000, 133005, 133006, 133008, 133009, 133016},
		wire.ActStopCampaigns: {131048, 131064},
		wire.ActStopTemplate:  {132000, 132012, 132018, 132008, 132001, 132005, 132007, 132015, 132016, 132068, 132069, 131055, 134100, 134102},
		wire.ActAlarm: {130497, 131063, 147001, 147005, 2494164, 2494168, 2494176, 2494177, 2494179, 100, 33, 131008, 131009, 131051, 131052, 131053, 135000,
			139100, 139101, 139102, 139103, 139200, 2388318, 2388330, -1, 5, 300, 999999},
	} {
		for _, c := range codes {
			if got := c.Behaviour().Do; got != act {
				t.Errorf("%d: %q, want %q", c, got, act)
			}
		}
	}
}
