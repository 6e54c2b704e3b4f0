package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"assent/store/storetest"
	"assent/whatsapp/wire"
)

func TestMain(m *testing.M) {
	if os.Getenv("ASSENT_TEST_MAIN") != "" { // a test runs the program
		main()
		return
	}
	testscript.Main(m, map[string]func(){"assent": main})
}

// The journeys of testdata/script run the real program: its server, its
// database and the simulator. Commands:
//
//	demo                       start it; sets $BASE $APIKEY $ADMIN $PASSWORD $ENTRY $SENDER $DB
//	form SLUG k=v …            post a form with the page's signed field; sets $REQUEST
//	form -bare SLUG k=v …      post it without, or with shown=… of one's own
//	say NUMBER TEXT            send a message; $PREFILLED is the text of $REQUEST
//	inbound JSON               let a person do anything else
//	tap NUMBER TITLE           tap the newest button with that title
//	chat NUMBER REGEXP         wait until the newest message sent to the number matches
//	messages NUMBER N          wait until N messages were sent to the number, then see no more come
//	check TO PURPOSE REASON    wait until the check answers so; "allowed" is a yes
//	state STATE                wait until $REQUEST is in the state
//	expire                     let every open request's time be over
//	hook FILE SECRET STATUS    post a webhook body signed with the secret
//	api METHOD PATH STATUS [BODY]   call the API; the answer is stdout
//	fetch PATH FILE            save what an address answers
//	published N                wait until the sample business publishes N keys
//	outsiders                  start a witness and an authority; sets $WITNESS and $TSA
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			if os.Getenv("ASSENT_TEST_ON") == "postgres" {
				db := storetest.EmptyPostgres(t)
				env.Setenv("DATABASE", db.Name)
			} else {
				env.Setenv("DATABASE", filepath.Join(env.WorkDir, "data", "assent.db"))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"demo": cmdDemo, "form": cmdForm, "say": cmdSay, "inbound": cmdInbound, "tap": cmdTap, "chat": cmdChat, "messages": cmdMessages,
			"check": cmdCheck, "state": cmdState, "expire": cmdExpire, "hook": cmdHook, "api": cmdAPI, "fetch": cmdFetch, "published": cmdPublished,
			"outsiders": cmdOutsiders, "link": cmdLink, "page": cmdPage, "press": cmdPress, "named": cmdNamed,
		},
	})
}

// within is how long a journey waits for something to happen.
const within = 10 * time.Second

// eventually tries until fn has nothing more to say.
func eventually(ts *testscript.TestScript, fn func() string) {
	var wrong string
	for stop := time.Now().Add(within); time.Now().Before(stop); time.Sleep(40 * time.Millisecond) {
		if wrong = fn(); wrong == "" {
			return
		}
	}
	ts.Fatalf("%s", wrong)
}

// ready is the line that `assent demo --json` prints.
type ready struct {
	Base    string `json:"base"`
	Funnels []struct {
		Slug      string `json:"slug"`
		Mode      string `json:"mode"`
		EntryCode string `json:"entry_code"`
	} `json:"funnels"`
	AdminUser     string `json:"admin_user"`
	AdminPassword string `json:"admin_password"`
	APIKey        string `json:"api_key"`
	Sender        string `json:"sender"`
}

// startDemo starts the program and waits until it is ready.
func startDemo(ctx context.Context, dir, database string, args ...string) (*exec.Cmd, ready, error) {
	var r ready
	exe, err := os.Executable()
	if err != nil {
		return nil, r, err
	}
	cmd := exec.CommandContext(ctx, exe, append([]string{"demo", "--json", "--addr", "127.0.0.1:0", "--data", dir, "--database", database}, args...)...)
	cmd.Env = append(os.Environ(), "ASSENT_TEST_MAIN=1")
	var logs bytes.Buffer
	cmd.Stderr = &logs
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, r, err
	}
	if err := cmd.Start(); err != nil {
		return nil, r, err
	}
	if err := json.NewDecoder(out).Decode(&r); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, r, fmt.Errorf("the demo did not start: %w\n%s", err, logs.String())
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // it ends with the program
	return cmd, r, nil
}

func cmdDemo(ts *testscript.TestScript, neg bool, args []string) {
	ctx, cancel := context.WithCancel(context.Background())
	cmd, r, err := startDemo(ctx, ts.MkAbs("data"), ts.Getenv("DATABASE"), args...)
	ts.Check(err)
	ts.Defer(func() {
		cmd.Process.Signal(os.Interrupt)
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case err := <-done:
			if err != nil {
				ts.Logf("the demo ended with %v", err)
			}
		case <-time.After(within):
			ts.Logf("the demo did not stop")
		}
		cancel()
	})
	for name, value := range map[string]string{"BASE": r.Base, "APIKEY": r.APIKey, "ADMIN": r.AdminUser, "PASSWORD": r.AdminPassword, "SENDER": r.Sender} {
		ts.Setenv(name, value)
	}
	for _, f := range r.Funnels {
		if f.Mode == "qr" {
			ts.Setenv("ENTRY", f.EntryCode)
		}
	}
}

// call makes a request to the program and returns the answer.
func call(ts *testscript.TestScript, method, path, contentType, body string, header http.Header) (*http.Response, string) {
	if !strings.HasPrefix(path, "http") {
		path = ts.Getenv("BASE") + path
	}
	req, err := http.NewRequest(method, path, strings.NewReader(body))
	ts.Check(err)
	for k, v := range header {
		req.Header[k] = v
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	client := http.Client{Timeout: within, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	ts.Check(err)
	return res, string(b)
}

var shownField = regexp.MustCompile(`name="shown"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="shown"`)

func cmdForm(ts *testscript.TestScript, neg bool, args []string) {
	bare := args[0] == "-bare"
	if bare {
		args = args[1:]
	}
	slug, form, lang := args[0], url.Values{}, "en"
	for _, kv := range args[1:] {
		k, v, _ := strings.Cut(kv, "=")
		if k == "lang" {
			lang = v
			continue
		}
		form.Add(k, v)
	}
	if !bare {
		res, page := call(ts, "GET", "/f/"+slug+"?lang="+lang, "", "", nil)
		m := shownField.FindStringSubmatch(page)
		if res.StatusCode != 200 || m == nil {
			ts.Fatalf("the page /f/%s answered %d and shows no signed field", slug, res.StatusCode)
		}
		form.Set("shown", html.UnescapeString(m[1]+m[2]))
	}
	res, page := call(ts, "POST", "/f/"+slug+"?lang="+lang, "application/x-www-form-urlencoded", form.Encode(), nil)
	if neg {
		if res.StatusCode == http.StatusSeeOther {
			ts.Fatalf("the form was taken")
		}
		fmt.Fprintln(ts.Stdout(), res.StatusCode, page)
		return
	}
	if res.StatusCode != http.StatusSeeOther {
		ts.Fatalf("the form was answered with %d:\n%s", res.StatusCode, page)
	}
	u, err := url.Parse(res.Header.Get("Location"))
	ts.Check(err)
	ts.Setenv("REQUEST", u.Path)
	ts.Setenv("PREFILLED", prefilled(ts, u.Path))
}

var chatLink = regexp.MustCompile(`href="([^"]*(?:/sim/chat|wa\.me/)[^"]*text=[^"]*)"`)

// prefilled reads the prefilled text out of the click-to-chat link of a
// request's page; a page without one has none.
func prefilled(ts *testscript.TestScript, request string) string {
	_, page := call(ts, "GET", request, "", "", nil)
	m := chatLink.FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	u, err := url.Parse(html.UnescapeString(m[1]))
	ts.Check(err)
	return u.Query().Get("text")
}

func inbound(ts *testscript.TestScript, body any) {
	b, err := json.Marshal(body)
	ts.Check(err)
	res, answer := call(ts, "POST", "/sim/inbound", "application/json", string(b), nil)
	if res.StatusCode >= 300 {
		ts.Fatalf("the simulator answered %d: %s", res.StatusCode, answer)
	}
	fmt.Fprintln(ts.Stdout(), answer)
}

func cmdSay(ts *testscript.TestScript, neg bool, args []string) {
	inbound(ts, map[string]string{"from": args[0], "text": strings.Join(args[1:], " ")})
}

func cmdInbound(ts *testscript.TestScript, neg bool, args []string) {
	inbound(ts, json.RawMessage(strings.Join(args, " ")))
}

// message is what /sim/chats lists.
type message struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Text    string `json:"text"`
	Buttons []struct {
		Title   string `json:"title"`
		Payload string `json:"payload"`
	} `json:"buttons"`
}

func chats(ts *testscript.TestScript, number string) (list []message) {
	res, body := call(ts, "GET", "/sim/chats/"+url.PathEscape(number), "", "", nil)
	if res.StatusCode == http.StatusNotFound {
		return nil
	}
	ts.Check(json.Unmarshal([]byte(body), &list))
	return list
}

func cmdTap(ts *testscript.TestScript, neg bool, args []string) {
	number, title := args[0], strings.Join(args[1:], " ")
	var payload string
	eventually(ts, func() string {
		list := chats(ts, number)
		for i := len(list) - 1; i >= 0; i-- {
			for _, b := range list[i].Buttons {
				if b.Title == title {
					payload = b.Payload
					return ""
				}
			}
		}
		return fmt.Sprintf("no button %q in %d messages: %+v", title, len(list), list)
	})
	inbound(ts, map[string]string{"from": number, "button": payload})
}

func cmdChat(ts *testscript.TestScript, neg bool, args []string) {
	want := regexp.MustCompile(strings.Join(args[1:], " "))
	eventually(ts, func() string {
		list := chats(ts, args[0])
		if len(list) == 0 {
			return "nothing was sent"
		}
		last := list[len(list)-1]
		if !want.MatchString(last.Text) {
			return fmt.Sprintf("the newest of %d messages says %q", len(list), last.Text)
		}
		fmt.Fprintln(ts.Stdout(), last.Text)
		return ""
	})
}

func cmdMessages(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	eventually(ts, func() string {
		if n := len(chats(ts, args[0])); n != want {
			return fmt.Sprintf("%d messages were sent, want %d", n, want)
		}
		return ""
	})
	time.Sleep(700 * time.Millisecond) // longer than anything here waits before it sends
	if n := len(chats(ts, args[0])); n != want {
		ts.Fatalf("%d messages were sent, want %d", n, want)
	}
}

func cmdCheck(ts *testscript.TestScript, neg bool, args []string) {
	item := map[string]string{"purpose": args[1]}
	if strings.HasPrefix(args[0], "+") {
		item["to"] = args[0]
	} else {
		item["recipient"] = args[0]
	}
	body, err := json.Marshal(map[string]any{"items": []any{item}})
	ts.Check(err)
	eventually(ts, func() string {
		res, answer := call(ts, "POST", "/api/v1/consents/check", "application/json", string(body), http.Header{"Authorization": {"Bearer " + ts.Getenv("APIKEY")}})
		var out struct {
			Results []struct {
				Allowed   bool   `json:"allowed"`
				Reason    string `json:"reason"`
				State     string `json:"state"`
				ConsentID string `json:"consent_id"`
			} `json:"results"`
		}
		if err := json.Unmarshal([]byte(answer), &out); err != nil || len(out.Results) != 1 {
			return fmt.Sprintf("the check answered %d: %s", res.StatusCode, answer)
		}
		r := out.Results[0]
		got := r.Reason
		if r.Allowed {
			got = "allowed"
		}
		if got != args[2] || len(args) > 3 && r.State != args[3] {
			return fmt.Sprintf("check of %s: %s (%s), want %s", args[1], got, r.State, strings.Join(args[2:], " "))
		}
		ts.Setenv("CONSENT", r.ConsentID)
		return ""
	})
}

func cmdState(ts *testscript.TestScript, neg bool, args []string) {
	eventually(ts, func() string {
		_, body := call(ts, "GET", ts.Getenv("REQUEST")+"/state", "", "", nil)
		var out struct{ State string }
		if err := json.Unmarshal([]byte(body), &out); err != nil {
			return body
		}
		if out.State != args[0] {
			return fmt.Sprintf("the request is %s, want %s", out.State, args[0])
		}
		return ""
	})
}

func cmdExpire(ts *testscript.TestScript, neg bool, args []string) {
	driver, name := "sqlite", "file:"+ts.Getenv("DATABASE")+"?_pragma=busy_timeout(10000)"
	if strings.HasPrefix(ts.Getenv("DATABASE"), "postgres") {
		driver, name = "pgx", ts.Getenv("DATABASE")
	}
	db, err := sql.Open(driver, name)
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(`UPDATE requests SET expires_at = 1000000 WHERE state = 'requested'`)
	ts.Check(err)
}

func cmdHook(ts *testscript.TestScript, neg bool, args []string) {
	body := ts.ReadFile(args[0])
	res, answer := call(ts, "POST", "/webhooks/whatsapp", "application/json", body, http.Header{wire.SignatureHeader: {wire.Sign(args[1], []byte(body))}})
	if strconv.Itoa(res.StatusCode) != args[2] {
		ts.Fatalf("the webhook was answered with %d: %s", res.StatusCode, answer)
	}
}

func cmdAPI(ts *testscript.TestScript, neg bool, args []string) {
	body := strings.Join(args[3:], " ")
	contentType := ""
	if body != "" {
		contentType = "application/json"
	}
	res, answer := call(ts, args[0], args[1], contentType, body, http.Header{"Authorization": {"Bearer " + ts.Getenv("APIKEY")}})
	fmt.Fprintln(ts.Stdout(), answer)
	if strconv.Itoa(res.StatusCode) != args[2] {
		ts.Fatalf("%s %s answered %d, want %s", args[0], args[1], res.StatusCode, args[2])
	}
}

func cmdFetch(ts *testscript.TestScript, neg bool, args []string) {
	res, body := call(ts, "GET", args[0], "", "", http.Header{"Authorization": {"Bearer " + ts.Getenv("APIKEY")}})
	if res.StatusCode != 200 {
		ts.Fatalf("%s answered %d: %s", args[0], res.StatusCode, body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(body), 0o644))
}

func cmdPublished(ts *testscript.TestScript, neg bool, args []string) {
	eventually(ts, func() string {
		_, body := call(ts, http.MethodGet, "/b/morgenrot/.well-known/jwks.json", "", "", nil)
		if n := strings.Count(body, `"kid"`); strconv.Itoa(n) != args[0] {
			return fmt.Sprintf("%d keys are published, not %s", n, args[0])
		}
		return ""
	})
}

// cmdNamed gives a variable what the last command printed that the expression matches.
func cmdNamed(ts *testscript.TestScript, neg bool, args []string) {
	found := regexp.MustCompile(args[1]).FindString(ts.ReadFile("stdout"))
	if found == "" {
		ts.Fatalf("nothing was printed that is %s", args[1])
	}
	ts.Setenv(args[0], found)
}
