package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	_ "modernc.org/sqlite"
)

// limits are what this machine can do at best, measured in the same run.
type limits struct {
	grouped float64 // rows a second, many in one durable commit
	single  float64 // rows a second, one in each durable commit
	echo    float64 // constant answers a second over HTTP
}

// commitLimit measures durable commits of rows of 1.5 KiB with three indexes:
// group rows in each, beside rows that are there already.
func commitLimit(dir string, group, seed int, d time.Duration) (float64, error) {
	dsn := "file:" + filepath.Join(dir, fmt.Sprintf("limit-%d-%d.db", group, seed)) + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE r (id TEXT PRIMARY KEY, a BLOB NOT NULL, b BLOB NOT NULL, body BLOB NOT NULL) STRICT; CREATE UNIQUE INDEX ra ON r (a); CREATE INDEX rb ON r (b)`); err != nil {
		return 0, err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	insert, err := conn.PrepareContext(context.Background(), `INSERT INTO r (id, a, b, body) VALUES ($1, $2, $3, $4)`)
	if err != nil {
		return 0, err
	}
	n := 0
	rows := func(count int) error {
		if _, err := conn.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		for range count {
			n++
			buf := make([]byte, 1536)
			rand.Read(buf) //nolint:errcheck // crypto/rand never fails
			if _, err := insert.Exec(fmt.Sprintf("%016x-%d", time.Now().UnixNano(), n), buf[:32], buf[32:64], buf); err != nil {
				return err
			}
		}
		_, err := conn.ExecContext(context.Background(), "COMMIT")
		return err
	}
	for n < seed {
		if err := rows(5000); err != nil {
			return 0, err
		}
	}
	n = 0
	start := time.Now()
	for time.Since(start) < d {
		if err := rows(group); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}

// echoLimit measures an echo handler that answers a constant.
func echoLimit(connections int, d time.Duration) (float64, error) {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/", func(c echo.Context) error { return c.String(http.StatusOK, "ok") })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	srv := &http.Server{Handler: e}
	var served atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() { served.Store(srv.Serve(l) != nil) })
	r, err := load(l.Addr().String(), connections, d, http.StatusOK, always(get(l.Addr().String(), "/")))
	srv.Close()
	wg.Wait()
	return r.perSecond(), err
}
