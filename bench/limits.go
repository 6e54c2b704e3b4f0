package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
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
	lookup  float64 // the same, each after reading one row by an index
	batch   float64 // rows a second, a thousand read by an index before each constant answer
}

// commitLimit measures durable commits of rows of 1.5 KiB with three indexes:
// group rows in each, beside rows that are there already.
func commitLimit(file string, group, seed int, d time.Duration) (float64, error) {
	dsn := "file:" + file + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate"
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
			a := sha256.Sum256(fmt.Appendf(nil, "%d", n))
			if _, err := insert.Exec(fmt.Sprintf("%016x-%d", time.Now().UnixNano(), n), a[:], buf[32:64], buf); err != nil {
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
	before := n
	start := time.Now()
	for time.Since(start) < d {
		if err := rows(group); err != nil {
			return 0, err
		}
	}
	return float64(n-before) / time.Since(start).Seconds(), nil
}

// readers opens the file that commitLimit left for reading.
func readers(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=cache_size(-16384)&_pragma=query_only(1)")
	if err == nil {
		db.SetMaxOpenConns(8)
		db.SetMaxIdleConns(8)
	}
	return db, err
}

// anyKey returns the index key of one of the rows, anybody's: a step that shares
// no factor with their count meets each once.
func anyKey(n *atomic.Int64, rows int) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d", n.Add(1)*7_368_787%int64(rows)+1))
}

// lookupLimit measures an echo handler that answers a constant after it has
// read one row of those that commitLimit left in the file, anybody's, by an
// index of 32 random bytes.
func lookupLimit(file string, rows, connections int, d time.Duration) (float64, error) {
	db, err := readers(file)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	find, err := db.Prepare(`SELECT id, b FROM r WHERE a = $1`)
	if err != nil {
		return 0, err
	}
	defer find.Close()
	var n atomic.Int64
	return echoLimit(connections, d, func(c echo.Context) error {
		key := anyKey(&n, rows)
		var id string
		var b []byte
		if err := find.QueryRow(key[:]).Scan(&id, &b); err != nil {
			return err
		}
		return c.String(http.StatusOK, "ok")
	})
}

// batchLimit measures the rows that an echo handler reads, a thousand in one
// statement before each constant answer, as lookupLimit reads one.
func batchLimit(file string, rows, connections int, d time.Duration) (float64, error) {
	db, err := readers(file)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	find, err := db.Prepare(`WITH RECURSIVE asked (n, a) AS (SELECT 1, substr($1, 1, 32) UNION ALL SELECT n + 1, substr($1, n * 32 + 1, 32) FROM asked WHERE n < 1000)
		SELECT r.id, r.b FROM asked CROSS JOIN r ON r.a = asked.a`)
	if err != nil {
		return 0, err
	}
	defer find.Close()
	var n atomic.Int64
	perSecond, err := echoLimit(connections, d, func(c echo.Context) error {
		keys := make([][32]byte, 1000)
		for i := range keys {
			keys[i] = anyKey(&n, rows)
		}
		slices.SortFunc(keys, func(a, b [32]byte) int { return bytes.Compare(a[:], b[:]) })
		var all []byte
		for _, k := range keys {
			all = append(all, k[:]...)
		}
		found, err := find.Query(all)
		if err != nil {
			return err
		}
		defer found.Close()
		var id, b sql.RawBytes
		read := 0
		for ; found.Next(); read++ {
			if err := found.Scan(&id, &b); err != nil {
				return err
			}
		}
		if err := found.Err(); err != nil || read != len(keys) {
			return errors.Join(err, fmt.Errorf("%d rows of %d", read, len(keys)))
		}
		return c.String(http.StatusOK, "ok")
	})
	return 1000 * perSecond, err
}

// answerOK answers a constant.
func answerOK(c echo.Context) error { return c.String(http.StatusOK, "ok") }

// echoLimit measures an echo handler.
func echoLimit(connections int, d time.Duration, handler echo.HandlerFunc) (float64, error) {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/", handler)
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
