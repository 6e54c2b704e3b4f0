package standard

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Profile is the profile of ISO/IEC TS 27560 that DPV's records conform to. The
// one for the GDPR is not claimed: it asks for what is not known here, such as the
// authority that hears complaints.
const Profile = "https://w3id.org/dpv/schema/dpv-27560#record"

// node is a JSON-LD node. Its members are written in the order of their names.
type node map[string]any

// context is the inline context: a reader needs no network.
var context = node{
	"dpv": "https://w3id.org/dpv#", "pd": "https://w3id.org/dpv/pd#", "loc": "https://w3id.org/dpv/loc#",
	"eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#", "dct": "http://purl.org/dc/terms/",
	"skos": "http://www.w3.org/2004/02/skos/core#", "schema": "https://schema.org/",
	"rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "xsd": "http://www.w3.org/2001/XMLSchema#",
	"dct:conformsTo": iri, "dpv:hasLegalBasis": iri, "dpv:hasJurisdiction": iri, "dpv:hasApplicableLaw": iri,
	"dpv:hasDataController": iri, "dpv:hasRecipient": iri, "dpv:isIndicatedBy": iri, "dpv:hasNecessity": iri,
	"dpv:hasDataSource": iri, "dpv:hasProcessing": iri, "skos:broader": iri, "dpv:isExercisedAt": iri, "schema:url": iri,
	"dpv:isIndicatedAtTime": instant, "dct:created": instant, "dct:issued": instant,
}

var (
	iri     = node{"@type": "@id"}
	instant = node{"@type": "xsd:dateTime"}
)

// DPV writes the record of ISO/IEC TS 27560:2023 in terms of DPV 2.3: one process
// for each purpose, with all that happened to it. The bytes end in a newline.
func DPV(r Record) ([]byte, error) {
	d := &dpv{Record: r, self: "urn:uuid:" + r.ID}
	d.person, d.controller, d.carrier = d.self+"#person", d.self+"#controller", d.self+"#recipient"
	n := node{
		"@context": context, "@id": d.self, "@type": "dpv:ConsentRecord", "dct:conformsTo": Profile,
		"dct:identifier": r.ID, "dpv:hasIdentifier": r.ID,
		"dpv:hasDataSubject": d.subject(), "dpv:hasEntity": d.entities(), "dpv:hasNotice": d.notices(), "dpv:hasProcess": d.processes(),
	}
	n.text("dct:language", r.Language)
	n.at("dct:created", r.Created)
	if r.Simulated {
		n["dct:description"] = simulated
	}
	return write(n)
}

// write writes JSON as it is read by people. Letters stand as they are.
func write(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("standard: %w", err)
	}
	return b.Bytes(), nil
}

// text sets a member unless the text is empty.
func (n node) text(name, s string) {
	if s != "" {
		n[name] = s
	}
}

// at sets a member unless the time is zero.
func (n node) at(name string, t time.Time) {
	if !t.IsZero() {
		n[name] = stamp(t)
	}
}

// stamp writes an instant as xsd:dateTime in UTC, in milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// dpv is a record that is being written.
type dpv struct {
	Record
	self, person, controller, carrier string // IRIs
}

func (d *dpv) subject() node {
	p := d.Principal
	n := node{"@id": d.person, "@type": "dpv:Consumer"}
	n.text("dct:identifier", p.ID)
	n.text("dpv:hasIdentifier", p.Account)
	n.text("dpv:hasName", p.Name)
	n.text("schema:telephone", p.Number)
	return n
}

func (d *dpv) entities() []node {
	b := d.Business
	n := node{"@id": d.controller, "@type": "dpv:DataController"}
	n.text("dpv:hasIdentifier", b.ID)
	n.text("dpv:hasName", b.LegalName)
	if b.Address != "" {
		address := node{"@type": "schema:PostalAddress", "schema:streetAddress": b.Address}
		address.text("schema:addressCountry", b.Country)
		n["schema:address"] = address
	}
	contact := node{"@type": "schema:ContactPoint"}
	contact.text("schema:name", b.Contact)
	contact.text("schema:email", b.Email)
	contact.text("schema:telephone", b.Phone)
	if len(contact) > 1 {
		n["schema:contactPoint"] = contact
	}
	all := []node{n}
	if d.Recipient != "" {
		all = append(all, node{"@id": d.carrier, "@type": "dpv:Recipient", "dpv:hasName": d.Recipient})
	}
	return all
}

func (d *dpv) notices() []node {
	all := []node{}
	for _, shown := range d.Notices {
		n := node{"@type": "dpv:ConsentNotice"}
		if sum, err := hex.DecodeString(shown.SHA256); err == nil && len(sum) == 32 {
			n["@id"] = "ni:///sha-256;" + base64.RawURLEncoding.EncodeToString(sum) // RFC 6920
		}
		n.text("dct:identifier", shown.SHA256)
		n.text("dct:language", shown.Language)
		n.text("dct:hasVersion", shown.Version)
		n.at("dct:issued", shown.Published)
		all = append(all, n)
	}
	if web(d.Business.PolicyURL) {
		all = append(all, node{"@type": "dpv:PrivacyNotice", "schema:url": d.Business.PolicyURL})
	}
	return all
}

func (d *dpv) processes() []node {
	all := []node{}
	for i, p := range d.Purposes {
		n := node{
			"@id": fmt.Sprintf("%s#process-%d", d.self, i+1), "@type": "dpv:Process", "dct:identifier": p.Key,
			"dpv:hasPurpose": purpose(p), "dpv:hasPersonalData": personal(p.Data), "dpv:hasDataController": d.controller,
			"dpv:hasProcessing": []string{"dpv:Collect", "dpv:Store", "dpv:Use"}, "dpv:hasDataSource": "dpv:DataSubjectDataSource",
			"dpv:hasLegalBasis": d.basis(p), "dpv:hasConsentStatus": d.history(p),
		}
		recipients := []string{d.controller}
		if d.Recipient != "" {
			recipients = append(recipients, d.carrier)
		}
		n["dpv:hasRecipient"] = recipients
		if country.MatchString(d.Business.Country) {
			n["dpv:hasJurisdiction"] = "loc:" + d.Business.Country
		}
		if gdpr[d.Business.Country] {
			n["dpv:hasApplicableLaw"] = "https://w3id.org/dpv/legal/eu#law-GDPR"
		}
		d.control(n, p)
		all = append(all, n)
	}
	return all
}

// control adds how the person withdraws. A contract has no yes to take back.
func (d *dpv) control(n node, p Purpose) {
	if p.Contract || d.Business.StopWords == "" && !web(d.Business.StopAt) {
		return
	}
	how := node{"@type": "dpv:WithdrawConsent"}
	how.text("dct:description", d.Business.StopWords)
	if web(d.Business.StopAt) {
		how["dpv:isExercisedAt"] = d.Business.StopAt
	}
	n["dpv:hasConsentControl"] = how
	if gdpr[d.Business.Country] {
		right := node{"@type": []string{"dpv:DataSubjectRight", "eu-gdpr:A7-3"}}
		if web(d.Business.StopAt) {
			right["dpv:isExercisedAt"] = d.Business.StopAt
		}
		n["dpv:hasRight"] = right
	}
}

func purpose(p Purpose) node {
	n := node{"@type": "dpv:Purpose", "skos:broader": "dpv:CommunicationManagement"}
	if p.Marketing {
		n["skos:broader"] = "dpv:DirectMarketing"
	}
	if p.Title != "" {
		n["skos:prefLabel"] = inLanguage(p.Title, p.Language)
	}
	if p.Words != "" {
		n["dct:description"] = inLanguage(p.Words, p.Language)
	}
	return n
}

// inLanguage names the language of a text where it is known.
func inLanguage(s, language string) any {
	if s == "" || !tag.MatchString(language) {
		return s
	}
	return node{"@value": s, "@language": language}
}

func personal(kinds []Data) []node {
	all := []node{}
	for _, k := range kinds {
		n := node{"@type": "dpv:PersonalData", "skos:broader": "pd:" + string(k), "dpv:hasNecessity": "dpv:Required"}
		if k == FullName {
			n["dpv:hasNecessity"] = "dpv:Optional"
		}
		all = append(all, n)
	}
	return all
}

// basis names the legal basis: in the law's own terms where the GDPR applies,
// because the business sits where it does (article 3(1)).
func (d *dpv) basis(p Purpose) []string {
	all := []string{"dpv:ExpressedConsent"}
	law := "eu-gdpr:A6-1-a"
	if p.Contract {
		all, law = []string{"dpv:ContractPerformance"}, "eu-gdpr:A6-1-b"
	}
	if gdpr[d.Business.Country] {
		all = append(all, law)
	}
	return all
}

func (d *dpv) history(p Purpose) []node {
	all := []node{}
	for _, s := range p.History {
		n := node{"@type": []string{"dpv:" + string(s.State)}, "dpv:isIndicatedBy": d.person}
		if s.State.Permits() && !p.Contract {
			n["@type"] = []string{"dpv:" + string(s.State), "dpv:ExpressedConsent"}
		}
		if s.Business {
			n["dpv:isIndicatedBy"] = d.controller
		}
		n.text("dct:identifier", s.Event)
		n.at("dpv:isIndicatedAtTime", s.At)
		n.text("dpv:hasIndicationMethod", s.Method)
		n.text("dct:description", s.Note)
		switch {
		case !s.State.Permits():
		case !s.Until.IsZero():
			n["dpv:hasDuration"] = node{"@type": "dpv:UntilTimeDuration", "rdf:value": node{"@value": stamp(s.Until), "@type": "xsd:dateTime"}}
		case !p.Contract:
			n["dpv:hasDuration"] = node{"@type": "dpv:UntilEventDuration", "rdf:value": "withdrawal"}
		}
		all = append(all, n)
	}
	return all
}

var (
	country = regexp.MustCompile(`^[A-Z]{2}$`)
	tag     = regexp.MustCompile(`^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$`)
	address = regexp.MustCompile(`^https?://[A-Za-z0-9][^\x00-\x20<>"{}|\\^` + "`" + `\x7f-\x{a0}\x{2028}-\x{202e}\x{d800}-\x{dfff}\x{fffd}]*$`)
)

// web reports whether s is an address that can stand as an IRI (RFC 3987).
func web(s string) bool {
	if !address.MatchString(s) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Host != ""
}

// gdpr are the countries of the European Economic Area.
var gdpr = func() map[string]bool {
	m := map[string]bool{}
	for _, c := range strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK") {
		m[c] = true
	}
	return m
}()
