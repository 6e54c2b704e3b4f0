package funnel_test

import (
	"slices"
	"testing"
	"time"

	"assent/funnel"
)

func TestPaceOf(t *testing.T) {
	for _, tt := range []struct {
		took time.Duration
		want funnel.CountKind
	}{
		{-time.Hour, funnel.CountMinute}, {0, funnel.CountMinute}, {time.Minute - 1, funnel.CountMinute}, {time.Minute, funnel.CountFiveMinutes},
		{5*time.Minute - 1, funnel.CountFiveMinutes}, {5 * time.Minute, funnel.CountHour}, {time.Hour, funnel.CountDay}, {24*time.Hour - 1, funnel.CountDay},
		{24 * time.Hour, funnel.CountLater}, {1 << 62, funnel.CountLater},
	} {
		if got := funnel.PaceOf(tt.took); got != tt.want {
			t.Errorf("%v is %s, want %s", tt.took, got, tt.want)
		}
	}
	for _, p := range funnel.Paces {
		if !slices.Contains(funnel.CountKinds, p.Kind) {
			t.Errorf("%s is not counted", p.Kind)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    funnel.Figures
		want funnel.CountKind
		ok   bool
	}{
		{"nothing", funnel.Figures{funnel.CountConfirmed: 3}, "", false},
		{"one", funnel.Figures{funnel.CountDay: 1}, funnel.CountDay, true},
		{"just half", funnel.Figures{funnel.CountMinute: 2, funnel.CountLater: 2}, funnel.CountMinute, true},
		{"less than half", funnel.Figures{funnel.CountMinute: 2, funnel.CountLater: 3}, funnel.CountLater, true},
		{"between", funnel.Figures{funnel.CountMinute: 2, funnel.CountHour: 2, funnel.CountLater: 3}, funnel.CountHour, true},
	} {
		if got, ok := tt.f.Median(); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %q %v, want %q", tt.name, got, ok, tt.want)
		}
	}
}

func TestFiguresAdd(t *testing.T) {
	f := funnel.Figures{funnel.CountSubmitted: 1}
	f.Add(funnel.Figures{funnel.CountSubmitted: 2, funnel.CountWrote: 4})
	if f.Begun() != 7 || f[funnel.CountSubmitted] != 3 {
		t.Errorf("%v", f)
	}
}
