package ui

import "net/http"

// PageKind names the plain page for an HTTP status: the Kind of
// public.Message and admin.Message.
func PageKind(status int) string {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "not_found"
	case http.StatusGone:
		return "gone"
	case http.StatusTooManyRequests:
		return "too_many"
	case http.StatusUnauthorized, http.StatusForbidden:
		return "forbidden"
	case http.StatusServiceUnavailable:
		return "unavailable"
	}
	if status >= 400 && status < 500 {
		return "invalid"
	}
	return "internal"
}
