package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKill kills the program at any moment, again and again, while forms are
// posted and people write. Whatever was answered must be there afterwards, and
// the log, the projection and the evidence must agree. ASSENT_KILLS says how
// often.
func TestKill(t *testing.T) {
	rounds := 3
	if n, err := strconv.Atoi(os.Getenv("ASSENT_KILLS")); err == nil {
		rounds = n
	}
	dir := t.TempDir()
	db := filepath.Join(dir, "assent.db")
	var answered []string
	for round := range rounds {
		cmd, r, err := startDemo(t.Context(), dir, db)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for _, path := range answered {
			if status := get(t, r.Base+path); status != http.StatusOK {
				t.Fatalf("round %d: an answered request is gone: %d", round, status)
			}
		}
		answered = hammer(r.Base, round, time.Duration(rand.IntN(350))*time.Millisecond, func() {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		})
		cmd.Wait() //nolint:errcheck // it was killed
		t.Logf("round %d: %d answered", round, len(answered))
	}
	audit(t, dir, db)
}

// hammer posts forms and lets people write until the program is killed, and
// returns the addresses of the requests that were answered. The kill comes so
// long after the first answer; in every tenth round it does not wait for one, and
// meets a program that has just begun.
func hammer(base string, round int, after time.Duration, kill func()) (answered []string) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	var once sync.Once
	first := make(chan struct{})
	client := &http.Client{Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for g := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				number := fmt.Sprintf("+49151%03d%02d%03d", round%1000, g, i%1000)
				form := url.Values{"phone": {number}, "purpose": {"offers"}}
				res, err := client.PostForm(base+"/f/checkout", form)
				if err != nil {
					return // it was killed
				}
				res.Body.Close()
				if res.StatusCode == http.StatusSeeOther {
					mu.Lock()
					answered = append(answered, res.Header.Get("Location"))
					mu.Unlock()
					once.Do(func() { close(first) })
				}
				body := fmt.Sprintf(`{"from":%q,"text":"STOP"}`, number)
				res, err = client.Post(base+"/sim/inbound", "application/json", strings.NewReader(body))
				if err != nil {
					return
				}
				res.Body.Close()
			}
		})
	}
	if round%10 > 0 {
		select {
		case <-first:
		case <-time.After(30 * time.Second): // the program is down already, and the round's result says it
		}
	}
	time.Sleep(after)
	kill()
	wg.Wait()
	return answered
}

func get(t *testing.T, address string) int {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// audit runs the program's own audit over the installation.
func audit(t *testing.T, dir, db string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.Background(), exe, "audit", "--database", db, "--master-key-file", filepath.Join(dir, "assent.db.key"))
	cmd.Env = append(os.Environ(), "ASSENT_TEST_MAIN=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("audit: %v\n%s", err, out)
	}
}
