package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"assent/chat"
	"assent/vault"
	"assent/whatsapp/wire"
)

// compare holds what was sent beside what the database has, by the ids of the
// events, and fails where anything was lost or acted on twice.
func (ev *events) compare() error {
	driver := "sqlite"
	if ev.s.o.database != "" {
		driver = "pgx"
	}
	db, err := sql.Open(driver, ev.s.name())
	if err != nil {
		return err
	}
	defer db.Close()
	bodies, err := ev.bodies(db)
	if err != nil {
		return err
	}
	acts, err := ev.acts(db)
	if err != nil {
		return err
	}
	read, err := ev.read(db)
	if err != nil {
		return err
	}
	fmt.Printf("  compared        %8d events: %d in bodies that are kept, %d messages marked and %d acts recorded once each, %d messages read\n", ev.n, bodies, ev.n/10*2, acts, read)
	return nil
}

// bodies opens every body that is kept and counts each event in it.
func (ev *events) bodies(db *sql.DB) (n int, err error) {
	kept := make(map[string]int, ev.n)
	states := map[string]int{}
	keys := map[string]vault.DataKey{}
	rows, err := db.Query(`SELECT id, key_id, sealed, state FROM inbox`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var d chat.Delivery
		var state string
		if err := rows.Scan(&d.ID, &d.Key, &d.Sealed, &state); err != nil {
			return 0, err
		}
		states[state]++
		if _, ok := keys[d.Key]; !ok {
			var wrapped []byte
			if err := db.QueryRow(`SELECT wrapped FROM day_keys WHERE id = $1`, d.Key).Scan(&wrapped); err != nil {
				return 0, err
			}
			if keys[d.Key], err = ev.s.m.Installation().Master.OpenDataKey(d.Key, wrapped); err != nil {
				return 0, err
			}
		}
		body, err := keys[d.Key].Open(d.Context(), d.Sealed)
		if err != nil {
			return 0, err
		}
		batch, err := wire.Parse(body)
		if err != nil {
			return 0, err
		}
		for _, el := range batch.Elements {
			switch {
			case el.Status != nil:
				kept[el.Status.ID+el.Status.Status]++
			case el.Message != nil:
				kept[el.Message.ID]++
			}
		}
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	if states["new"] > 0 || states["parked"] > 0 {
		return 0, fmt.Errorf("%d bodies wait and %d are parked", states["new"], states["parked"])
	}
	lost, twice := 0, 0
	for i := range ev.n {
		switch kept[ev.key(i)] {
		case 0:
			lost++
		case 1:
			n++
		default:
			twice++
		}
	}
	if lost > 0 || twice > 0 {
		return n, fmt.Errorf("%d events are in no body that is kept, %d in more than one", lost, twice)
	}
	return n, nil
}

// key returns what names the i-th event.
func (ev *events) key(i int) string {
	if i%10 < 8 {
		id, status := told(i)
		return messageID(id) + status
	}
	return writtenID(i)
}

// acts counts the events of the log that came of the acts, each of which is by
// another person; what people wrote beside is marked as seen, and led to none.
func (ev *events) acts(db *sql.DB) (n int, err error) {
	marked := map[[32]byte]string{}
	rows, err := db.Query(`SELECT hash, event FROM seen`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var hash []byte
		var event string
		if err := rows.Scan(&hash, &event); err != nil {
			return 0, err
		}
		marked[[32]byte(hash)] = event
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	lost := 0
	for i := range ev.n {
		if i%10 < 8 {
			continue
		}
		event, ok := marked[ev.hash(writtenID(i))]
		if !ok || i%10 == 9 && event == "" {
			lost++
		} else if i%10 == 9 {
			n++
		}
	}
	if lost > 0 {
		return n, fmt.Errorf("%d messages were not acted on", lost)
	}
	return n, ev.once(db, n)
}

// once counts the log's entries for acts: the seeded yes of each person, and one
// for each act.
func (ev *events) once(db *sql.DB, acts int) error {
	var said, people, most int
	err := db.QueryRow(`SELECT COALESCE(SUM(n), 0), count(*), COALESCE(MAX(n), 0) FROM (SELECT subject, count(*) AS n FROM events
		WHERE name IN ('consent.given', 'consent.renewed', 'consent.withdrawn') GROUP BY subject) AS each_person`).Scan(&said, &people, &most)
	if err != nil {
		return err
	}
	if seeded := 2 * len(ev.taps); said-seeded != acts || most > 2 {
		return fmt.Errorf("%d acts led to %d entries of the log, somebody has %d", acts, said-seeded, most)
	}
	return nil
}

// read counts the messages of which the last status was told.
func (ev *events) read(db *sql.DB) (n int, err error) {
	want := map[int]bool{}
	for i := range ev.n {
		if id, status := told(i); i%10 < 8 && id%ourShare == 0 && status == "read" {
			want[id] = true
		}
	}
	for id := range want {
		hash := ev.hash(messageID(id))
		var state string
		if err := db.QueryRow(`SELECT state FROM messages WHERE wamid_hash = $1`, hash[:]).Scan(&state); err != nil {
			return n, errors.Join(err, fmt.Errorf("message %d", id))
		}
		if state != string(chat.Read) {
			return n, fmt.Errorf("message %d was read, and is %s", id, state)
		}
		n++
	}
	return n, nil
}

// waiting returns how many bodies wait to be handled.
func waiting(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM inbox WHERE state = 'new'`).Scan(&n)
	return n, err
}
