package locale_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"

	"assent/locale"
)

// message is one entry of a file: its forms by plural category.
type message map[string]string

// read reads a file of messages: "de" or "operator/de".
func read(t *testing.T, name string) map[string]message {
	t.Helper()
	raw, err := os.ReadFile("messages/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out := make(map[string]message, len(entries))
	for id, entry := range entries {
		var text string
		if json.Unmarshal(entry, &text) == nil {
			out[id] = message{"": text}
			continue
		}
		forms := make(message)
		if err := json.Unmarshal(entry, &forms); err != nil {
			t.Fatalf("%s: %s: %v", name, id, err)
		}
		out[id] = forms
	}
	return out
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// CLDR's plural categories for cardinal numbers.
var categories = map[string][]string{
	"ar": {"few", "many", "one", "other", "two", "zero"},
	"bn": {"one", "other"}, "de": {"one", "other"}, "en": {"one", "other"}, "hi": {"one", "other"},
	"es": {"many", "one", "other"}, "fr": {"many", "one", "other"}, "it": {"many", "one", "other"},
	"he": {"one", "other", "two"}, "id": {"other"}, "ja": {"other"}, "nl": {"one", "other"},
	"pl": {"few", "many", "one", "other"}, "pt-BR": {"many", "one", "other"}, "tr": {"one", "other"},
}

// every file of messages: its name, and the language that it is in.
func every() map[string]string {
	all := make(map[string]string)
	for _, tag := range locale.Tags() {
		all[tag] = tag
	}
	for _, tag := range locale.OperatorTags() {
		all["operator/"+tag] = tag
	}
	return all
}

func TestLanguages(t *testing.T) {
	want := []string{"en", "ar", "bn", "de", "es", "fr", "he", "hi", "id", "it", "ja", "nl", "pl", "pt-BR", "tr"}
	if diff := cmp.Diff(want, locale.Tags()); diff != "" {
		t.Errorf("spoken with people (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"en", "ar", "de"}, locale.OperatorTags()); diff != "" {
		t.Errorf("spoken with operators (-want +got):\n%s", diff)
	}
	for name := range read(t, "en") {
		if _, twice := read(t, "operator/en")[name]; twice {
			t.Errorf("%s is in both files", name)
		}
	}
}

// A parameter of ours, or a place that a page's script fills.
var parameter = regexp.MustCompile(`\{(?:\{\.(\w+)\}|\w+)\}`)

func parameters(m message) []string {
	seen := make(map[string]bool)
	for _, form := range m {
		for _, p := range parameter.FindAllStringSubmatch(form, -1) {
			seen[p[0]] = true
		}
	}
	return keys(seen)
}

func TestFilesAgree(t *testing.T) {
	for tag, lang := range every() {
		english := read(t, path.Dir(tag)+"/en")
		other := read(t, tag)
		if diff := cmp.Diff(keys(english), keys(other)); diff != "" {
			t.Errorf("%s has other messages than en (-en +%[1]s):\n%s", tag, diff)
		}
		for id, m := range other {
			if diff := cmp.Diff(parameters(english[id]), parameters(m)); diff != "" {
				t.Errorf("%s: %s has other parameters (-en +%[1]s):\n%s", tag, id, diff)
			}
			if _, plain := m[""]; !plain {
				if diff := cmp.Diff(categories[lang], keys(m)); diff != "" {
					t.Errorf("%s: %s has other plural forms:\n%s", tag, id, diff)
				}
			}
			for _, form := range m {
				if strings.TrimSpace(form) != form && id != "number.group" || form == "" || !utf8.ValidString(form) {
					t.Errorf("%s: %s is empty or has space around it: %q", tag, id, form)
				}
				if strings.ContainsAny(form, "!¡") {
					t.Errorf("%s: %s shouts: %q", tag, id, form)
				}
			}
		}
	}
}

// Words that are the same in English and in the language by right.
var same = map[string][]string{
	"de": {"admin.funnel", "admin.funnels", "admin.person", "time.month.4", "time.month.8", "time.month.9", "time.month.11",
		"sim.name", "sim.simulator", "sim.chats", "sim.attach.sticker", "sim.attach.video", "certificate.origin", "certificate.place", "certificate.checkpoint",
		"starter.restaurant", "editor.picture.logo", "editor.preview.chat", "differs.name", "admin.sender.webhook"},
	"es": {"chat.button.no"},
	"fr": {"certificate.contact", "certificate.message_print", "certificate.page_print", "verify.kind.message", "verify.kind.page"},
	"id": {"time.month.4", "time.month.9", "time.month.11"},
	"it": {"chat.button.no"},
	"nl": {"time.month.4", "time.month.9", "time.month.11", "time.month.12"},
	"tr": {"certificate.form", "verify.kind.form"},
}

// What holds no word of its own: formats, signs, and the word that is sent to end it.
var wordless = []string{"confirm.stop_word", "time.day", "time.full", "time.date", "time.date_year", "number.group", "admin.numbers.percent", "time.minutes", "time.hours"}

func TestNothingIsLeftInEnglish(t *testing.T) {
	for name, tag := range every() {
		english := read(t, path.Dir(name)+"/en")
		for id, m := range read(t, name) {
			for category, form := range m {
				if tag != "en" && form == english[id][category] && !slices.Contains(same[tag], id) && !slices.Contains(wordless, id) {
					t.Errorf("%s: %s reads as in English: %q", name, id, form)
				}
			}
		}
	}
}

// A language in another script holds no Latin word but those that are written
// so in every language.
func TestScriptsAreNotMixed(t *testing.T) {
	const technical = " Assent BSUID Chrome Ed EdDSA Edge Firefox HELP HTTPS ID JWT JavaScript Meta README RFC SD SETTINGS SHA SP STOP Safari UTC WhatsApp assent base docs format https json jwks known log md openssl proof tlog txt verify vkey well zip "
	// Names of formats, and what is typed in Latin letters in every language.
	const typed = " Assent AT CH DE HTML JPEG Markdown PNG WebP com docs embed example fr http https localhost md name offers www "
	// Names that Meta and providers write so wherever they are typed or clicked.
	const connecting = " url API EAA HTTP KEY business com developers dialog facebook io management messages messaging waba whatsapp "
	latin := regexp.MustCompile(`[A-Za-z]{2,}`)
	for name, tag := range every() {
		if base, _ := language.Make(tag).Base(); !slices.Contains([]string{"ar", "bn", "he", "hi", "ja"}, base.String()) {
			continue
		}
		for id, m := range read(t, name) {
			for _, form := range m {
				for _, word := range latin.FindAllString(parameter.ReplaceAllString(form, ""), -1) {
					if (strings.HasPrefix(id, "editor.") || strings.HasPrefix(id, "admin.embed.")) && strings.Contains(typed, " "+word+" ") || id == "error.field_email" || id == "admin.numbers.what" && word == "numbers" {
						continue
					}
					if strings.HasPrefix(id, "admin.connect.") || strings.HasPrefix(id, "admin.step.") || strings.HasPrefix(id, "admin.refused.") {
						if strings.Contains(connecting, " "+word+" ") {
							continue
						}
					}
					if !strings.Contains(technical, " "+word+" ") {
						t.Errorf("%s: %s holds %q", name, id, word)
					}
				}
			}
		}
	}
}

// A box that was left as it was is not a No that somebody said.
func TestUntickedBoxIsNotSaidToBeANo(t *testing.T) {
	for _, tag := range locale.Tags() {
		m := locale.For(tag)
		state, row := m.T("state.refused"), m.T("prefs.state.refused")
		if state != row || m.T("prefs.refused") != row || state == m.T("event.consent.refused") {
			t.Errorf("%s: %q, %q, %q", tag, state, row, m.T("event.consent.refused"))
		}
	}
	if got := locale.For("de").T("chat.receipt.refused", "Purpose", "Bestellungen"); got != "Nicht gewählt: Bestellungen." {
		t.Errorf("%q", got)
	}
}

// The word that ends it is one word in all places of a language.
func TestOneWordForStop(t *testing.T) {
	for _, tag := range locale.Tags() {
		l := locale.For(tag)
		word := l.T("confirm.stop_word")
		for _, id := range []string{"chat.receipt.stop", "chat.help", "chat.question_contract", "chat.why.stopped"} {
			for _, found := range regexp.MustCompile(`\bSTOPP?\b`).FindAllString(l.T(id), -1) {
				if found != word {
					t.Errorf("%s: %s says %s, the page %s", tag, id, found, word)
				}
			}
		}
	}
}

// WhatsApp cuts reply buttons at 20 characters.
func TestButtonsFit(t *testing.T) {
	for tag := range every() {
		for id, m := range read(t, tag) {
			if !strings.HasPrefix(id, "chat.button.") {
				continue
			}
			if n := utf8.RuneCountInString(m[""]); n == 0 || n > 20 {
				t.Errorf("%s: %s has %d characters: %q", tag, id, n, m[""])
			}
		}
	}
}

// Families whose ids are put together from a prefix and a name in the code,
// with the names that can occur.
var families = map[string][]string{
	"admin.numbers.":        {"views", "scans", "reached", "begun", "confirmed", "confirmed_rate", "refused", "stopped"},
	"admin.numbers.of.":     {"reached", "begun", "confirmed"},
	"admin.numbers.lost.":   {"reached", "begun"},
	"admin.numbers.reason.": {"refused", "closed", "expired", "not_sent"},
	"admin.numbers.over.":   {"hour", "day", "week"},
	"admin.numbers.when.":   {"hour", "day", "week"},
	"admin.numbers.chart.":  {"begun", "reached"},
	"admin.numbers.pace.":   {"minute", "five_minutes", "hour", "day", "later"},
	"admin.numbers.median.": {"minute", "five_minutes", "hour", "day", "later"},
	"admin.code.wrong.":     {"label", "text"},
	"admin.poster.":         {"a4", "a5", "a6", "letter", "tent", "sticker", "card"},
	"admin.poster.wrong.":   {"ec", "headline", "ink", "quiet", "share", "size", "template"},
	"state.":                {"unknown", "refused", "given", "renewed", "withdrawn", "expired", "revoked", "invalidated", "requested", "deferred", "confirmed", "closed", "held", "noted", "stopped"},
	"grade.":                {"A", "B", "C", "D", "E"},
	"page.":                 {"not_found", "gone", "too_many", "forbidden", "invalid", "internal", "unavailable", "link_ended", "no_number"},
	"confirm.":              {"expired", "deferred", "closed", "other"},
	"form.submit_":          {"chat", "template"},
	"form.next_":            {"chat", "template"},
	"time.month.":           {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
	"admin.status.":         {"published", "draft", "archived", "defective"},
	"audience.":             {"court", "regulator", "meta", "subject"},
	"admin.log.kind.":       {"witness", "timestamp"},
	"identifier.":           {"line", "wa_id", "bsuid", "parent_bsuid"},
	"stop.":                 {"stop", "not_me", "platform", "operator", "api", "complaint", "minor", "legal", "erased"},
	"certificate.grade.":    {"A", "B", "C", "D", "E"},
	"how.":                  {"post", "message", "button", "platform", "api", "operator", "deletion", "page", "signup"},
	"match.":                {"same", "differs", "unknown"},
	"fact.":                 {"number", "typed", "bsuid", "name", "sender", "match", "page", "entry", "reason", "operator", "address", "browser", "message", "hash", "age", "source", "campaign", "username"},
	"admin.connect.":        {"app", "app.hint", "app_secret", "app_secret.hint", "host", "host.hint", "key", "key.hint", "number", "number.hint", "phone_number_id.hint", "portfolio", "portfolio.hint", "token", "token.hint", "waba.hint"},
	"admin.refused.": sentences([]string{"../manage/connect.go", "../manage/ids.go", "../manage/sender.go", "../whatsapp/host.go", "../web/admin/stop.go", "../optin/operator.go", "../records/part.go",
		"../records/erasepolicy.go", "../web/admin/identity.go", "../funnel/signup.go", "../business/menu.go", "../manage/surface.go"},
		[]string{"legal_name", "rate"}, "this_person_is_known_by_nothing_else_so_there_is_nothing_to_part", "this_record_is_not_as_it_was_signed_run_an_audit", "no_stop_stands_here_that_an_operator_has_to_end", "an_operator_enters_a_stop_for_a_wish_a_complaint_a_minor_or_a_legal_reason",
		"whatsapp_cannot_be_reached", "whatsapp_refused_code", "whatsapp_answers_with_http",
		"a_provider_stands_between_set_this_in_the_provider_s_own_pages", "somebody_else_has_changed_this_link_meanwhile_look_at_it_again"),
	"admin.joined.":  {"both", "changed", "contact", "entered", "first", "left", "parted", "status", "template"},
	"admin.because.": {"operator", "complaint", "minor", "legal"},
	"admin.source.":  {"telephone", "letter", "email", "in_person", "other"},
	"admin.step.": {
		"token", "rights", "app", "number", "webhook", "fields", "account", "event", "template", "token.do", "rights.do", "app.do", "number.do", "webhook.do", "fields.do", "account.do", "event.do", "template.do",
		"token.provider", "webhook.provider", "event.provider", "account.act", "webhook.act", "template.act", "is.done", "is.missing", "is.unknown", "is.waiting", "is.optional", "template.optional",
		"app.secret", "app.other", "app.unknown", "webhook.app", "webhook.verify", "account.account", "account.token", "account.found", "template.account", "template.token",
		"number.account", "number.token", "number.swapped", "number.elsewhere", "number.other", "number.unregistered", "number.found", "rights.found", "fields.found", "fields.app", "template.rejected", "template.link", "event.unsigned",
	},
	"admin.alarm.":  {"token", "restricted", "account", "reported", "template", "category", "limit", "quality", "security", "notice", "refused", "red", "failing", "leaving", "forget", "block", "parked", "unblock", "signature"},
	"admin.health.": {"sent", "arrived", "read", "failed", "templates", "templates_failed", "quality", "limit", "throughput", "status", "account", "review", "violation", "ban"}, "admin.health.rung.": {"1", "2", "3", "4", "5"},
	"admin.meta.limit.":       {"tier_unlimited"},
	"admin.meta.quality.":     {"green", "yellow", "red", "unknown"},
	"admin.meta.throughput.":  {"standard", "high", "not_applicable"},
	"admin.meta.status.":      {"connected", "disconnected", "offline", "pending", "unverified", "flagged", "restricted", "rate_limited", "banned", "deleted", "migrated", "unknown"},
	"admin.meta.account.":     {"verified_account", "account_violation", "account_restriction", "disabled_update", "account_deleted", "account_offboarded", "account_reconnected"},
	"admin.meta.review.":      {"approved", "pending", "rejected"},
	"admin.meta.violation.":   {"spam", "scam"},
	"admin.meta.ban.":         {"disable", "schedule_for_disable", "reinstate"},
	"admin.meta.restriction.": {"restricted_add_phone_number_action", "restricted_biz_initiated_messaging", "restricted_customer_initiated_messaging", "restricted_utility_templates", "restricted_direct_send_utility_templates"},
	"admin.meta.template.":    {"approved", "pending", "rejected", "paused", "disabled", "in_appeal", "pending_deletion", "deleted", "archived", "limit_exceeded", "flagged", "locked", "reinstated"},
	"admin.meta.category.":    {"utility", "marketing", "authentication"},
	"admin.meta.reason.":      {"abusive_content", "incorrect_category", "invalid_format", "promotional", "scam", "tag_content_mismatch", "first_pause", "second_pause", "rate_limiting_pause"},
	"admin.meta.code.": {
		"a_test_number_may_write_only_to_the_numbers_on_its_list",
		"direct_send_refused_the_message", "sign_up_links_are_not_enabled_for_this_account", "the_business_username_needs_attention", "the_confirmation_of_the_sign_up_link_has_a_place_that_whatsapp_does_not_know_or_a_promo_code_that_is_missing",
		"the_terms_of_marketing_messages_were_accepted_before_or_are_others", "the_terms_of_marketing_messages_were_not_accepted_yet", "the_website_of_a_sign_up_link_has_to_be_an_https_address", "there_is_no_such_sign_up_link",
		"payment_or_its_terms_need_attention_in_meta_s_settings",
		"sender_and_recipient_are_the_same_number",
		"sending_is_limited_because_messages_were_put_in_the_wrong_category",
		"the_access_token_is_not_valid_or_has_expired",
		"the_access_token_lacks_a_permission",
		"the_account_may_not_write_to_people_in_this_country",
		"the_account_may_send_marketing_through_the_marketing_endpoint_only",
		"the_account_s_identity_key_has_changed_confirm_who_it_is",
		"the_app_has_made_too_many_calls",
		"the_block_list_refused_an_entry",
		"the_business_has_blocked_this_person",
		"the_endpoint_does_not_take_this_kind_of_template",
		"the_marketing_template_is_still_being_synchronised",
		"the_number_is_in_maintenance_for_a_minute_or_so",
		"the_number_is_not_registered",
		"the_number_s_display_name_is_not_approved_yet",
		"the_number_s_registration_or_pin_needs_attention",
		"the_number_sends_more_messages_a_second_than_it_may",
		"the_number_was_deleted_a_moment_ago_and_cannot_be_registered_yet",
		"the_parameters_do_not_match_the_approved_template",
		"the_person_is_in_an_experiment_of_whatsapp_and_gets_no_marketing",
		"the_person_last_wrote_more_than_24_hours_ago_only_a_template_may_go",
		"the_person_stopped_your_marketing_messages_in_whatsapp",
		"the_template_is_disabled_for_good",
		"the_template_is_paused_for_low_quality",
		"the_template_s_flow_is_blocked_or_slowed_down",
		"the_text_is_too_long_once_filled_in_or_against_policy",
		"the_whatsapp_business_account_has_made_too_many_calls",
		"there_is_no_approved_template_of_this_name_in_this_language",
		"this_kind_of_message_needs_the_person_s_phone_number",
		"too_many_messages_to_this_person_in_a_short_time",
		"too_many_people_blocked_or_reported_this_number",
		"whatsapp_cannot_deliver_to_this_number",
		"whatsapp_found_the_request_wrong",
		"whatsapp_gave_an_error_code_that_is_not_known_here",
		"whatsapp_has_restricted_or_locked_the_account",
		"whatsapp_has_trouble_the_message_may_have_gone_out",
		"whatsapp_held_the_message_back_this_person_gets_enough_marketing",
		"whatsapp_refused_the_request_without_a_reason",
	},
	"admin.template.":     {"opt_in", "opt_out", "preferences", "opt_in.when", "opt_out.when", "preferences.when"},
	"admin.reach.link.":   {"chat", "template", "stopped", "unknown", "unready", "recent"},
	"admin.reach.stop.":   {"chat", "closed", "recent"},
	"admin.reach.sent.":   {"link", "stop", "unblock"},
	"chat.button.":        {"record", "erase"},
	"chat.menu.":          {"stop", "help", "settings"},
	"admin.menu.does.":    {"stop", "help", "settings", "start", "none"},
	"admin.signups.meta.": {"same", "differs", "gone"},
	"admin.signups.": {"label", "label.hint", "sender", "sender.hint", "purpose", "purpose.hint", "lang", "lang.hint", "privacy", "privacy.hint", "message", "message.hint",
		"confirmation", "confirmation.hint", "promo", "promo.hint", "website", "website.hint"},
	"chat.settings.": {"record", "erase"},
	"prefs.state.":   {"unknown", "refused", "given", "renewed", "withdrawn", "expired", "revoked", "invalidated", "held"},
	"prefs.agreed.":  {"message", "button", "other"},
	"prefs.ended.":   {"message", "button", "page", "platform", "other"},
	"prefs.wish.":    {"record", "erase"},
	"prefs.write.":   {"record", "erase"},
	"error.field_":   {"empty", "email", "date", "choice", "text"},
	"admin.first.":   {"business", "number", "funnel", "share"},
	"starter.":       {"newsletter", "orders", "clinic", "event", "restaurant", "agency"},
	"admin.business.": {"legal_name", "brand_name", "address", "contact", "human", "notice_url", "country", "colour", "entity",
		"human.hint", "country.hint", "colour.hint", "notice_url.hint", "entity.hint"},
	"admin.business.bare_stop.": {"all", "marketing"},
	"admin.embed.":              {"script", "element", "frame", "form"},
	"admin.parked.why.":         {"number", "account", "signer", "unreadable", "failed", "field", "field_unreadable", "a_shape_that_is_not_known_here", "an_update_that_names_no_number", "a_sign_up_link_that_is_not_known_here", "which_words_the_sign_up_link_showed_at_that_moment_cannot_be_told", "a_preference_that_is_not_known_here", "a_preference_about_something_that_is_not_known_here", "a_change_of_account_that_does_not_say_from_which_to_which", "a_system_message_that_is_not_known_here"},
	"admin.meta.security.":      {"pin_changed", "pin_request_success", "pin_reset_request"},
	"fact.campaign.":            {"ad", "post"},
	"sim.done.":                 {"delivery", "look", "number", "replay", "flood", "template", "news", "own", "show"},
	"sim.quirk.":                {"silent", "only_read", "backwards", "held", "html_error", "no_answer", "late_success", "sent_only", "played", "charged_marketing", "no_code", "code_zero"},
	"sim.look.":                 {"parents", "conversations", "no_context", "loose", "strange"},
	"sim.attach.":               {"image", "video", "document", "audio", "sticker", "location", "contact", "poll"},
	"sim.codes.":                {"person", "retry", "account", "template", "request", "unknown"},
	"sim.review.":               {"status", "category", "quality", "words"},
	"sim.news.group.":           {"account", "number", "person", "odd", "other"},
	"sim.news.":                 {"account_settings_update", "ad_account_linked", "alert_critical", "alert_note", "alert_over", "alert_warning", "auth_intl_price_eligibility_update", "business_primary_location_country_update", "business_username_update", "errors_alone", "failed_with_contact", "flow_reply", "foreign_status", "group_text", "history", "limit_250", "limit_integer", "limit_none", "limit_old", "list_reply", "messaging_handovers", "mm_lite_terms_signed", "name_approved", "name_rejected", "new_array", "new_field", "new_type", "no_sender", "no_time", "old_number_change", "onboarding", "order", "partner_removed", "request_welcome", "review_approved", "review_rejected", "smb_message_echoes", "standby", "template_correct_category_detection", "text_preference", "throughput_upgrade", "unreadable", "user_id_update", "volume_based_pricing_tier_update", "zero_byte"},
	"admin.may.":                {"yes", "no", "suppressed", "platform_stop", "reassigned", "country", "withdrawn", "revoked", "refused", "expired", "invalidated", "pending", "grade_too_low", "unknown"},
	"differs.": {"purpose", "proof", "words", "title", "say", "age", "small_print", "headline", "intro", "body", "greeting", "ask", "thanks", "next", "welcome",
		"fields", "mode", "number", "name", "countries", "language", "look"},
	"editor.severity.": {"error", "warning", "hint"},
	"editor.refused.":  refusals(),
	"editor.change.":   {"typo", "meaning"},
	"editor.preview.":  {"page", "chat", "print"},
	"editor.part.":     {"purposes", "texts", "fields", "after", "look", "languages", "basics"},
	"editor.purpose.":  {"title", "words", "say", "kind", "provider", "complaint"},
	"editor.text.":     {"title", "intro", "body", "small_print", "greeting", "ask", "code"},
	"editor.basis.":    {"consent", "contract"},
	"editor.number.":   {"none", "optional", "required"},
	"editor.field.":    {"text", "email", "date", "choice"},
	"editor.welcome.":  {"none", "service", "promotion"},
	"editor.radius.":   {"none", "square", "round"},
	"editor.font.":     {"none", "system", "serif", "mono"},
	"editor.picture.":  {"logo", "hero", "kind", "bytes", "pixels"},
	"event.": {"consent.requested", "confirmation.sent", "confirmation.delivered", "consent.given", "consent.renewed", "consent.refused",
		"consent.deferred", "consent.withdrawn", "consent.expired", "consent.revoked", "consent.invalidated", "platform.stopped", "platform.resumed",
		"identity.linked", "identity.changed", "identity.parted", "record.imported", "subject.erased", "subject.locked", "notice.published", "funnel.published",
		"suppression.added", "suppression.ended", "receipt.sent", "receipt.delivered", "proof.exported", "operator.acted"},
}

// refusals are the sentences with which a draft and what a business says of
// itself are refused.
func refusals() []string {
	return sentences([]string{"../funnel/check.go", "../funnel/funnel.go", "../manage/draft.go", "../manage/business.go", "../manage/profile.go", "../records/keeping.go", "../funnel/origin.go"},
		[]string{"starter", "reason", "phone_number_id", "rate", "label", "FieldUnchanged"}) // of no form
}

// sentences are the names of those with which the files refuse a field, and of more.
// Some fields are not filled in on a page.
func sentences(files, without []string, more ...string) (list []string) {
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		for _, m := range regexp.MustCompile(`fault\.Field\(([^,\n]+), "([^"]+)"`).FindAllStringSubmatch(string(b), -1) {
			if slices.Contains(without, strings.Trim(m[1], `"`)) {
				continue
			}
			id := regexp.MustCompile(`%[a-z]`).ReplaceAllString(strings.ToLower(m[2]), "")
			list = append(list, strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(id, "_"), "_"))
		}
	}
	list = append(list, more...)
	slices.Sort(list)
	return slices.Compact(list)
}

func inFamily(id string) bool {
	for prefix, names := range families {
		rest, ok := strings.CutPrefix(id, prefix)
		if !ok {
			continue
		}
		for _, suffix := range []string{".meaning", ".title", ".text"} {
			rest = strings.TrimSuffix(rest, suffix)
		}
		if slices.Contains(names, rest) {
			return true
		}
	}
	return false
}

var literal = regexp.MustCompile(`"((?:form|confirm|embed|prefs|page|error|state|grade|scope|event|chat|certificate|admin|editor|sim|time|number|poster)\.[a-z0-9_.]+)"`)

// call finds the messages that are surely asked for.
var call = regexp.MustCompile(`\.(?:T|N|Text)\("([a-z_]+\.[A-Za-z0-9_.]+[a-zA-Z0-9])"[,)]`)

// used reads every Go and templ source of the module.
func used(t *testing.T) (literals, calls map[string]string) {
	t.Helper()
	literals, calls = make(map[string]string), make(map[string]string)
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && name != ".." || d.Name() == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		source := strings.HasSuffix(name, ".templ") || strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_templ.go") && !strings.HasSuffix(name, "_test.go")
		if !source {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
			literals[m[1]] = name
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			calls[m[1]] = name
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return literals, calls
}

func TestNoneMissingNoneUnused(t *testing.T) {
	literals, calls := used(t)
	messages := read(t, "en")
	maps.Copy(messages, read(t, "operator/en"))
	for id, name := range calls {
		if _, ok := messages[id]; !ok {
			t.Errorf("%s asks for %q, which does not exist", name, id)
		}
	}
	if len(calls) < 100 {
		t.Errorf("only %d calls found: has the way of asking changed?", len(calls))
	}
	for id := range messages {
		if strings.HasPrefix(id, "verify.") {
			continue // the page's script asks for them: see static/verify
		}
		if strings.HasPrefix(id, "lint.") {
			continue // each finding asks for two: see funnel/lint
		}
		if _, ok := literals[id]; !ok && !inFamily(id) {
			t.Errorf("%s is used nowhere", id)
		}
	}
	for prefix, names := range families {
		for _, name := range names {
			_, whole := messages[prefix+name]
			_, title := messages[prefix+name+".title"]
			if !whole && !title {
				t.Errorf("%s%s does not exist", prefix, name)
			}
		}
	}
}

// A number in a text that runs from right to left keeps its plus sign on its left only
// as an isolate: marks of direction are taken out of what is wrong with a form.
func TestNumbersAreIsolated(t *testing.T) {
	number, some := regexp.MustCompile(`(.?)\+[0-9]`), false
	for _, name := range []string{"ar", "he", "operator/ar"} {
		for id, m := range read(t, name) {
			for _, text := range m {
				for _, found := range number.FindAllStringSubmatch(text, -1) {
					if some = true; found[1] != "\u2066" {
						t.Errorf("%s: %s has a number that is not isolated: %s", name, id, text)
					}
				}
			}
		}
	}
	if !some {
		t.Error("no number is found: has the way of writing them changed?")
	}
}
