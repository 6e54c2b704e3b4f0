// Package optin holds what the person opting in does, and what follows: they
// submit a form, confirm from their WhatsApp number, answer questions, say
// stop. Each use case reads, decides, signs, and then writes once.
//
//	form ──Submit──▶ request ──message with its code──▶ given
//	                    │                         ╲ anything unclear ▶ question ──tap──▶ given, refused
//	                    ├── silence ▶ deferred
//	                    └── stop ▶ closed
//	printed code ──message──▶ question
//	STOP, button, settings' page, WhatsApp's own control, API ──▶ withdrawn, suppression
//
// The rules are numbered in docs/rules.md, and named where they are kept.
package optin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"assent/business"
	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/job"
	"assent/ledger"
	"assent/limit"
	"assent/subject"
	"assent/template"
	"assent/tenant"
	"assent/vault"
)

// Store is what opting in needs of the database.
type Store interface {
	ReadOnly(ctx context.Context, fn func(context.Context, Reader) error) error
	ReadWrite(ctx context.Context, fn func(context.Context, Writer) error) error
	// Using is ReadWrite for a closure that counts uses: it is told how often each
	// happened in its window by now, in their order, this one among them.
	Using(ctx context.Context, uses []limit.Use, fn func(ctx context.Context, w Writer, totals []int) error) error
}

// Reader reads one consistent state.
type Reader interface {
	Subject(ctx context.Context, id string) (subject.Subject, error)
	FindSubject(ctx context.Context, id string) (subject.Subject, bool, error)
	MergedInto(ctx context.Context, id string) ([]string, error)
	IdentifierByHash(ctx context.Context, business string, hash []byte) (subject.Identifier, bool, error)
	IdentifiersOf(ctx context.Context, subjectID string) ([]subject.Identifier, error)
	ConsentsOf(ctx context.Context, subjectID string) ([]consent.Consent, error)
	SuppressionsByHash(ctx context.Context, business string, hashes [][]byte) ([]subject.Suppression, error)
	SuppressionsOf(ctx context.Context, subjectID string) ([]subject.Suppression, error)
	PartingsOf(ctx context.Context, subjectID string) ([]subject.Parting, error)
	SignupVersionsAfter(ctx context.Context, entry string, number, limit int) ([]funnel.SignupVersion, error)
	Request(ctx context.Context, id string) (funnel.Request, error)
	RequestByToken(ctx context.Context, tokenHash []byte) (funnel.Request, error)
	RequestByCode(ctx context.Context, business string, codeHash []byte) (r funnel.Request, current, ok bool, err error)
	OpenRequestsByLine(ctx context.Context, business string, line []byte) ([]funnel.Request, error)
	OpenRequestsOf(ctx context.Context, subjectID string) ([]funnel.Request, error)
	ExpiredRequests(ctx context.Context, now time.Time, limit int) ([]funnel.Request, error)
	Question(ctx context.Context, id string) (chat.Question, bool, error)
	Message(ctx context.Context, id string) (chat.Message, bool, error)
	FindEvent(ctx context.Context, id string) (evidence.Record, bool, error)
	MessagesTo(ctx context.Context, business string, account []byte) ([]chat.Message, error)
	MessageByWAMID(ctx context.Context, hash []byte) (chat.Message, bool, error)
	KnownWAMIDs(ctx context.Context, hashes [][]byte) ([][]byte, error)
	Flagged(ctx context.Context, business string, hashes [][]byte) ([][]byte, error)
	Errand(ctx context.Context, id string) (subject.Errand, bool, error)
	Arrival(ctx context.Context, business string, hash []byte) (chat.Arrival, bool, error)
	Seen(ctx context.Context, hash []byte) (event string, ok bool, err error)
	Uses(ctx context.Context, uses []limit.Use) ([]int, error)
	TemplatesSilenced(ctx context.Context, line []byte, business string) (bool, error)
	HasEntryPoint(ctx context.Context, codes ...string) (bool, error)
	HasFunnel(ctx context.Context, slug string) (bool, error)
	HasSender(ctx context.Context, phoneNumberID string) (bool, error)
	WrongCodes(ctx context.Context, accountHash []byte, hour int64) (int, error)
	LeafOf(ctx context.Context, event string) (int64, error)
	LastCheckpoint(ctx context.Context) (ledger.Signed, bool, error)
	DayKey(ctx context.Context, id string) ([]byte, error)
	LastMessageAt(ctx context.Context, subjectID string) (time.Time, error)
	Delivery(ctx context.Context, id string) (chat.Delivery, error)
	NewDeliveries(ctx context.Context, after string, limit int) ([]string, error)
	HeldBy(ctx context.Context, about []string) (business.Holds, error)
	PausedUntil(ctx context.Context, about []string) (time.Time, error)
	NextTurn(ctx context.Context, about string, burst int, pace time.Duration) (time.Time, error)
	AccountState(ctx context.Context, about string) ([]byte, error)
	Template(ctx context.Context, waba, name, lang string) (template.Template, bool, error)
	Templates(ctx context.Context, waba string) ([]template.Template, error)
}

// Writer writes; what is written together is durable together.
type Writer interface {
	Reader
	InsertEvent(ctx context.Context, r evidence.Record) error
	InsertSubject(ctx context.Context, s subject.Subject) error
	AdvanceSubject(ctx context.Context, s subject.Subject, wasSeq int64) error
	OpenWindow(ctx context.Context, id, sender string, at time.Time) error
	JoinIdentifier(ctx context.Context, i subject.Identifier, from string) error
	LeaveIdentifier(ctx context.Context, i subject.Identifier) error
	PutConsent(ctx context.Context, c consent.Consent) error
	DeleteConsents(ctx context.Context, subjectID string) error
	InsertSuppression(ctx context.Context, s subject.Suppression) error
	EndSuppression(ctx context.Context, id, purpose, event string) error
	InsertRequest(ctx context.Context, r funnel.Request) error
	SetRequest(ctx context.Context, id string, from, to funnel.RequestState, subject string) error
	ExpireRequest(ctx context.Context, id string, now time.Time) error
	ConfirmRequest(ctx context.Context, id string, from funnel.RequestState, subject string, agreed []string) error
	SetRequestMessage(ctx context.Context, id, message string) error
	RenewCode(ctx context.Context, r funnel.Request, newHash []byte, expires time.Time) error
	NoteWrongCode(ctx context.Context, accountHash []byte, hour int64) (int, error)
	NoteTemplateAsk(ctx context.Context, line []byte, business string, now, since time.Time, max int) (bool, error)
	SilenceTemplates(ctx context.Context, line []byte, business string, silent bool) error
	InsertQuestion(ctx context.Context, q chat.Question) error
	AnswerQuestion(ctx context.Context, q chat.Question) error
	CloseQuestions(ctx context.Context, subjectID string, until time.Time) error
	InsertMessage(ctx context.Context, m chat.Message) error
	SetMessage(ctx context.Context, id string, state chat.MessageState, code int, wamidHash []byte, now time.Time) error
	NoteRecipient(ctx context.Context, id string, account []byte) error
	StartMessage(ctx context.Context, id string, now time.Time) (bool, error)
	RequeueMessage(ctx context.Context, id string, now time.Time) error
	KeepTurn(ctx context.Context, id string, turn time.Time) error
	KeepShown(ctx context.Context, d funnel.Document, now time.Time) error
	MarkSeen(ctx context.Context, hash []byte, event string, now time.Time) error
	Pause(ctx context.Context, about string, rest time.Duration, code int, now time.Time) error
	TakeTurn(ctx context.Context, about string, pace time.Duration, burst int, now time.Time) (time.Time, error)
	TakeShare(ctx context.Context, portfolio string, hash []byte, limit int, now time.Time) (ok bool, free time.Time, err error)
	DropPace(ctx context.Context, now time.Time) error
	RaiseAlarm(ctx context.Context, a business.Alarm, now time.Time) (fresh bool, err error)
	HasParked(ctx context.Context, senders []string) (bool, error)
	ResolveAlarmsAbout(ctx context.Context, kind business.AlarmKind, about string, now time.Time) error
	SetAccountState(ctx context.Context, about string, doc []byte, now time.Time) error
	PutTemplate(ctx context.Context, t template.Template) error
	DropErrandsOf(ctx context.Context, subjectID string, kind subject.ErrandKind) error
	InsertErrand(ctx context.Context, e subject.Errand) error
	DropErrand(ctx context.Context, id string) error
	PutArrival(ctx context.Context, a chat.Arrival) error
	DropArrival(ctx context.Context, business string, hash []byte) error
	DropArrivals(ctx context.Context, before time.Time) error
	CloseWindow(ctx context.Context, id string, sentAt time.Time) error
	Enqueue(ctx context.Context, j job.Job) error
	FixDayKey(ctx context.Context, id string, wrapped []byte, now time.Time) ([]byte, error)
	InsertDelivery(ctx context.Context, d chat.Delivery) error
	FinishDelivery(ctx context.Context, id string) error
	TouchRequest(ctx context.Context, id string) (bool, error)
	ParkDelivery(ctx context.Context, d chat.Delivery, wrapped []byte, now time.Time) error
	DropDeliveries(ctx context.Context, before time.Time, limit int) (int64, error)
	AddCounts(ctx context.Context, counts map[funnel.Count]int) error
}

// Transport carries messages to WhatsApp.
type Transport interface {
	// Send sends a message. The message's id comes back with its statuses. A
	// failure is a *SendError.
	Send(ctx context.Context, from *business.Sender, messageID, lang string, c chat.Content) (wamid string, err error)
	// TemplateCategory returns the category that Meta has the template in now,
	// in lower case, and whether it is approved in the language.
	TemplateCategory(ctx context.Context, from *business.Sender, name, lang string) (category string, approved bool, err error)
	// Forget takes an account out of the contact book that Meta keeps for the
	// sender's portfolio; that it is not in it is no failure. Errors are as of Send.
	Forget(ctx context.Context, from *business.Sender, bsuid string) error
	// Block lets nothing pass between the sender's number and an account, named by
	// its number or else its id. Errors are as of Send.
	Block(ctx context.Context, from *business.Sender, number, bsuid string) error
	// Unblock ends Block.
	Unblock(ctx context.Context, from *business.Sender, number, bsuid string) error
}

// SendError says why a message was not accepted.
type SendError struct {
	Code    int    // of the platform; 0 where it did not answer
	Details string // in the platform's words; may name a person's number
	Retry   bool   // the same message may be tried again
	Unclear bool   // it may have gone out
	After   time.Duration
	Err     error
}

func (e *SendError) Error() string {
	if e.Err != nil {
		return "send: " + e.Err.Error()
	}
	return "send refused"
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// Service is the use cases of opting in. It is safe for concurrent use.
type Service struct {
	store     Store
	directory *tenant.Directory
	inst      *tenant.Installation
	transport Transport
	eraser    Eraser
	log       *slog.Logger
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error
	rand      io.Reader
	dayKeys   dayKeys
	lag       lag
	limits    Limits
	gauge     gauge
	door      door
	accepting chan struct{} // has a place for each body that is being written
	slots     slots
}

// Config is what a Service is made of. Every field but Sleep, Refresh and Limits is required.
type Config struct {
	Store        Store
	Directory    *tenant.Directory
	Installation *tenant.Installation
	Transport    Transport
	Eraser       Eraser
	Log          *slog.Logger
	Now          func() time.Time
	Rand         io.Reader

	// Sleep waits for a message's turn; nil waits by the machine's clock. Where Now
	// is another clock, it has to be of the same.
	Sleep func(ctx context.Context, d time.Duration) error

	// Refresh reads the Directory anew. It is called where something is named that
	// the Directory does not know and the database does: another process may have
	// published it a moment ago. Nil where there is one process only.
	Refresh func(context.Context) error

	// Limits are how often something may happen; nil for DefaultLimits.
	Limits *Limits
}

// New returns the use cases.
func New(c Config) *Service {
	now := func() time.Time { return c.Now().UTC().Truncate(time.Millisecond) }
	s := &Service{
		store: c.Store, directory: c.Directory, inst: c.Installation, transport: c.Transport, eraser: c.Eraser, log: c.Log,
		now: now, sleep: c.Sleep, rand: c.Rand, lag: lag{reload: c.Refresh}, limits: DefaultLimits(),
		door: newDoor(), accepting: make(chan struct{}, acceptAtOnce),
	}
	if c.Limits != nil {
		s.limits = *c.Limits
	}
	if s.sleep == nil {
		s.sleep = sleep
	}
	return s
}

// JobSend is the kind of the jobs that send a message.
const JobSend = "send"

// newID returns a fresh record id of the time.
func (s *Service) newID(now time.Time) (string, error) { return evidence.NewID(now, s.rand) }

// gradeOf returns the grade of an act from the account itself: B, but at most
// C through a simulated sender.
func gradeOf(sender *business.Sender) consent.Grade {
	if sender.Simulated {
		return consent.GradeC
	}
	return consent.GradeB
}

// wamidHash returns the look-up hash of a message id, which contains a number.
func wamidHash(t *tenant.Tenant, wamid string) []byte {
	h := t.Index.Hash("wamid", wamid)
	return h[:]
}

// openRequestKey opens a request's own data key.
func (s *Service) openRequestKey(r *funnel.Request) (vault.DataKey, error) {
	return s.inst.Master.OpenDataKey(requestKeyID(r.ID), r.WrappedKey)
}

func requestKeyID(id string) string { return "r/" + id }

// errErasedSince says that a request was erased, so nothing more is recorded of it.
var errErasedSince = fault.New(fault.Stale, "That was erased meanwhile.")

// errNothing ends a deed that has nothing to write.
var errNothing = errors.New("nothing to do")

var errNotFound = fault.New(fault.NotFound, "There is no such page. Check the address, or open the sign-up again.")
