package main

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

var settingsLink = regexp.MustCompile(`/p/[0-9a-z]{26}`)

// cmdLink waits for a message to the number whose link is not that of $LINK, and
// puts its path there.
func cmdLink(ts *testscript.TestScript, neg bool, args []string) {
	eventually(ts, func() string {
		list := chats(ts, args[0])
		for i := len(list) - 1; i >= 0; i-- {
			if path := settingsLink.FindString(list[i].Text); path != "" && path != ts.Getenv("LINK") {
				ts.Setenv("LINK", path)
				return ""
			}
		}
		return fmt.Sprintf("no new link in %d messages", len(list))
	})
}

// cmdPage fetches a page, wants its status and prints it.
func cmdPage(ts *testscript.TestScript, neg bool, args []string) {
	res, body := call(ts, http.MethodGet, args[1], "", "", nil)
	fmt.Fprintln(ts.Stdout(), html.UnescapeString(body))
	if strconv.Itoa(res.StatusCode) != args[0] {
		ts.Fatalf("%s answered %d, want %s", args[1], res.StatusCode, args[0])
	}
}

// cmdPress presses a button of a settings page and prints the page that follows.
func cmdPress(ts *testscript.TestScript, neg bool, args []string) {
	_, page := call(ts, http.MethodGet, args[0], "", "", nil)
	form := url.Values{"lang": {"en"}}
	if m := shownField.FindStringSubmatch(page); m != nil {
		form.Set("shown", m[1]+m[2])
	}
	for _, kv := range args[1:] {
		k, v, _ := strings.Cut(kv, "=")
		form.Set(k, v)
	}
	res, answer := call(ts, http.MethodPost, args[0], "application/x-www-form-urlencoded", form.Encode(), nil)
	if res.StatusCode != http.StatusSeeOther {
		ts.Fatalf("%s was answered with %d:\n%s", strings.Join(args[1:], " "), res.StatusCode, answer)
	}
	_, answer = call(ts, http.MethodGet, res.Header.Get("Location"), "", "", nil)
	fmt.Fprintln(ts.Stdout(), html.UnescapeString(answer))
}
