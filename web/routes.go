package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"assent/static"
	"assent/web/hook"
	"assent/web/landing"
	"assent/web/public"
	"assent/web/respond"
	"assent/web/sim"
)

// Limits of bodies, in bytes, by who sends them. Those of webhooks and of the
// simulator's programs are in their packages.
const (
	maxAPI     = 1 << 20
	maxAdmin   = 64 << 10
	maxDraft   = 512 << 10
	maxPicture = 6 << 20
	maxPhone   = 256 << 10
)

// surfaces says how each part of the address space is told of failures.
func (s *Site) surfaces() []respond.Surface {
	list := []respond.Surface{
		{Prefix: "/", Render: s.Public.Failure},
		{Prefix: "/api/", Render: respond.Problem},
		{Prefix: "/webhooks/", Render: respond.Problem},
		{Prefix: "/b/", Render: respond.Problem},
		{Prefix: "/log/", Render: respond.Problem},
		{Prefix: "/embed/", Render: s.Public.EmbedFailure},
		{Prefix: "/static/", Render: respond.Plain},
		{Prefix: "/healthz", Render: respond.Plain},
		{Prefix: "/readyz", Render: respond.Plain},
		{Prefix: "/metrics", Render: respond.Plain},
	}
	if s.Admin != nil {
		list = append(list, respond.Surface{Prefix: "/admin", Render: s.Admin.Failure})
	}
	return list
}

// routes is every route of the program.
func (s *Site) routes(e *echo.Echo) {
	read := []string{http.MethodGet, http.MethodHead}

	// Anyone.
	pub, form := s.Public, respond.BodyLimit(public.MaxForm)
	e.Match(read, "/", pub.Index)
	e.Match(read, "/f/:funnel", pub.Landing)
	e.POST("/f/:funnel", pub.Submit, form)
	e.GET("/f/:funnel/challenge", pub.Challenge)
	e.Match(read, "/r/:request", pub.Confirm, pub.Guessed)
	e.Match(read, "/r/:request/chat", pub.ConfirmChat, pub.Guessed)
	e.Match(read, "/r/:request/state", pub.ConfirmState, pub.Guessed)
	e.GET("/r/:request/events", pub.ConfirmEvents, pub.Guessed)
	e.POST("/r/:request/code", pub.Renew, form, pub.Guessed)
	e.POST("/r/:request/template", pub.AskTemplate, form, pub.Guessed)
	e.Match(read, "/p/:token", pub.Preferences, pub.Guessed)
	e.POST("/p/:token", pub.Prefer, form, pub.Guessed)
	e.Match(read, "/p/:token/:file", pub.OwnRecord, pub.Guessed)
	e.Match(read, "/q/:code", pub.ShortLink, pub.Guessed) // and :code.svg, :code.png
	e.Match(read, "/r/:request/step", pub.EmbedStep, pub.Guessed)
	e.Match(read, landing.UploadPrefix+"*", pub.Picture)
	e.Match(read, static.Prefix+"*", echo.WrapHandler(static.Handler()))

	// Pages of other sites. They take no cookie and go without the guard of
	// sessions; whom they answer is checked by origin.
	for _, script := range static.Embeds() {
		e.Match(read, script.URL, pub.EmbedScript(script))
	}
	e.Match(read, "/embed/:funnel", pub.EmbedFrame)
	e.Match(read, "/embed/:funnel/form", pub.EmbedForm)
	e.OPTIONS("/embed/:funnel", pub.EmbedPreflight)
	e.POST("/embed/:funnel", pub.EmbedSubmit, form)

	// Whoever verifies: the page, the businesses' keys, the installation's log.
	e.Match(read, "/verify", pub.Verify)
	e.Match(read, "/b/:business/.well-known/jwks.json", s.keySet)
	e.Match(read, "/log/checkpoint", s.checkpoint)
	e.Match(read, "/log/tile/*", s.tile)
	e.Match(read, "/log/vkey", s.verifierKey)

	// Meta.
	e.GET("/webhooks/whatsapp", s.Hook.Verify)
	e.POST("/webhooks/whatsapp", s.Hook.Receive)
	e.GET("/webhooks/whatsapp/:"+hook.SenderParam, s.Hook.Verify)
	e.POST("/webhooks/whatsapp/:"+hook.SenderParam, s.Hook.Receive)

	// Programs with an API key.
	v1, call := e.Group("/api/v1"), respond.BodyLimit(maxAPI)
	v1.POST("/consents/check", s.API.Check, call, s.API.Checks)
	v1.POST("/withdrawals", s.API.Withdraw, call, s.API.Writes, s.API.Idempotent)
	v1.GET("/consents/:id/proof", s.API.GetProof, call, s.API.Exports)
	v1.GET("/consents/:id/receipt", s.API.GetReceipt, call, s.API.Reads)
	v1.DELETE("/subjects/:identifier", s.API.EraseSubject, call, s.API.Erases)
	v1.GET("/openapi.json", s.API.Description)

	// Those who run the server.
	e.Match(read, "/healthz", s.health)
	e.Match(read, "/readyz", s.ready)
	e.GET("/metrics", s.exposition)

	// Operators.
	if adm := s.Admin; adm != nil {
		door := e.Group("/admin", respond.NoStore, respond.NoIndex, respond.SameOriginReferrer, adm.SameOrigin, adm.Remember)
		door.GET("/sign-in", adm.SignInPage)
		small := respond.BodyLimit(maxAdmin)
		door.POST("/sign-in", adm.SignIn, small)
		door.POST("/sign-out", adm.SignOut, small)
		in, wide := door.Group("", small, adm.RequireOperator), door.Group("", adm.RequireOperator)
		in.GET("", adm.Home)
		in.GET("/consents", adm.Consents)
		in.POST("/consents", adm.Search)
		in.GET("/consents.csv", adm.CSV)
		in.GET("/consents.jsonl", adm.JSONLines)
		in.POST("/consents/proofs", adm.Proofs)
		in.GET("/people/:id", adm.Person)
		in.POST("/people/:id/proof", adm.Proof)
		in.GET("/people/:id/erase", adm.ErasePage)
		in.POST("/people/:id/erase", adm.Erase)
		in.POST("/people/:id/lock", adm.Lock)
		in.POST("/people/:id/minor", adm.Minor)
		in.POST("/people/:id/hold", adm.Hold)
		in.POST("/people/:id/reveal", adm.Reveal)
		in.GET("/shown/:hash", adm.Shown)
		in.GET("/funnels", adm.Funnels)
		in.GET("/templates", adm.TemplatesPage)
		in.POST("/templates/submit", adm.SubmitTemplates)
		in.POST("/templates/delete", adm.DeleteTemplate)
		in.POST("/templates/refresh", adm.RefreshTemplates)
		in.GET("/alarms", adm.AlarmsPage)
		in.POST("/alarms/:id/resolve", adm.ResolveAlarm)
		in.GET("/health", adm.HealthPage)
		in.GET("/inbox", adm.Parked)
		in.POST("/inbox/replay", adm.ReplayAllParked)
		in.POST("/inbox/discard", adm.DiscardParkedFor)
		in.POST("/inbox/:id/show", adm.ShowParked)
		in.POST("/inbox/:id/replay", adm.ReplayParked)
		in.POST("/inbox/:id/discard", adm.DiscardParked)
		in.GET("/funnels/new", adm.NewFunnel)
		in.POST("/funnels/new", adm.StartFunnel)
		in.GET("/funnels/new/:starter", adm.StarterPreview)
		in.GET("/funnels/:slug", adm.FunnelPage)
		in.POST("/funnels/:slug", adm.ActOnFunnel)
		in.POST("/funnels/:slug/versions/:version", adm.Republish)
		in.POST("/funnels/:slug/entries", adm.AddEntry)
		in.GET("/funnels/:slug/signups", adm.SignupsPage)
		in.POST("/funnels/:slug/signups", adm.MakeSignup)
		in.POST("/funnels/:slug/signups/:code", adm.ChangeSignup)
		in.GET("/codes/:code", adm.Code)
		in.POST("/codes/:code", adm.ChangeCode)
		in.POST("/codes/:code/short", adm.ShortenCode)
		in.GET("/codes/:code/poster", adm.Poster)
		in.GET("/codes/:code/poster/:file", adm.PosterFile)
		wide.POST("/funnels/:slug/sheet", adm.Sheet, respond.BodyLimit(maxDraft))
		in.GET("/funnels/drafts/:draft", adm.Draft)
		in.GET("/funnels/drafts/:draft/preview/:view", adm.Preview)
		in.GET("/funnels/drafts/:draft/publish", adm.ReviewDraft)
		in.POST("/funnels/drafts/:draft/publish", adm.PublishDraft)
		wide.POST("/funnels/drafts/:draft", adm.SaveDraft, respond.BodyLimit(maxDraft))
		wide.POST("/funnels/drafts/:draft/picture", adm.SavePicture, respond.BodyLimit(maxPicture))
		in.GET("/guides/:name", adm.Guide)
		in.GET("/funnels/:slug/embed", adm.Embed)
		in.POST("/funnels/:slug/embed", adm.AllowSites)
		in.GET("/funnels/:slug/numbers", adm.Numbers)
		in.GET("/funnels/:slug/numbers.csv", adm.NumbersCSV)
		in.GET("/business", adm.Business)
		in.POST("/business", adm.SaveBusiness)
		in.GET("/business/new", adm.NewBusiness)
		in.POST("/business/new", adm.AddBusiness)
		in.POST("/business/keeping", adm.SaveKeeping)
		in.GET("/keeping", adm.Keeping)
		in.GET("/log", adm.Log)
		in.GET("/log/checkpoint", adm.LogCheckpoint)
		in.GET("/stop", adm.EnterStopPage)
		in.POST("/stop", adm.EnterStop)
		in.GET("/people/:id/stop", adm.EnterStopPage)
		in.POST("/people/:id/stop", adm.EnterStop)
		in.POST("/people/:id/lift", adm.LiftStops)
		in.POST("/people/:id/part", adm.Part)
		in.POST("/people/:id/link", adm.SendLink)
		in.POST("/people/:id/confirm", adm.ConfirmStop)
		in.POST("/people/:id/unblock", adm.Unblock)
		in.GET("/senders", adm.SendersPage)
		in.GET("/senders/new", adm.ConnectPage)
		in.POST("/senders/new", adm.Connect)
		in.GET("/senders/:id", adm.SenderPage)
		in.POST("/senders/:id/check", adm.CheckSender)
		in.GET("/senders/:id/menu", adm.MenuPage)
		in.POST("/senders/:id/menu", adm.SetMenu)
		in.POST("/senders/:id/subscribe", adm.SubscribeSender)
		in.POST("/senders/:id/template", adm.SubmitSenderTemplate)
		in.POST("/senders/:id/token", adm.ReplaceToken)
		in.POST("/senders/:id/secrets", adm.AddAppSecret)
		in.GET("/senders/:id/secrets/:n/remove", adm.RemoveAppSecretPage)
		in.POST("/senders/:id/secrets/:n/remove", adm.RemoveAppSecret)
		in.POST("/senders/:id/verify-token", adm.RenewVerifyToken)
		in.POST("/senders/:id/end", adm.EndSender)
		in.GET("/senders/:id/ids", adm.SenderIDs)
		in.POST("/senders/:id/ids", adm.SetSenderIDs)
		in.GET("/senders/:id/remove", adm.RemoveSenderPage)
		in.POST("/senders/:id/remove", adm.RemoveSender)
		if adm.Gallery {
			in.GET("/gallery", adm.GalleryIndex)
			in.GET("/gallery/:name", adm.GalleryPage)
		}
	}

	// The simulated WhatsApp.
	if s.Sim != nil {
		phone := e.Group("/sim", respond.NoStore, respond.NoIndex)
		phone.GET("", s.Sim.Home)
		phone.GET("/chat", s.Sim.Chat)
		phone.GET("/open", s.Sim.Open)
		phone.GET("/events", s.Sim.Events)
		phone.GET("/controls", s.Sim.Controls)
		phone.POST("/controls", s.Sim.Control, respond.BodyLimit(maxPhone))
		phone.POST("/scan", s.Sim.Scan, respond.BodyLimit(sim.MaxPicture))
		phone.POST("/act", s.Sim.Act, respond.BodyLimit(maxPhone))
		phone.GET("/signup", s.Sim.Signup)
		phone.POST("/signup", s.Sim.SignUp, respond.BodyLimit(maxPhone))
		phone.GET("/message/:code", s.Sim.ShortLink)
		phone.Any("/*", s.Sim.Programs())
	}
}
