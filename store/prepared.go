package store

import (
	"context"
	"database/sql"
	"fmt"
)

// prepared is one connection with its prepared statements.
type prepared struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// prepare takes a connection of the pool for good.
func prepare(ctx context.Context, db *sql.DB) (prepared, error) {
	conn, err := db.Conn(ctx)
	return prepared{conn, map[string]*sql.Stmt{}}, err
}

// stmt returns a statement, prepared if it was not.
func (p *prepared) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := p.stmts[query]; ok {
		return st, nil
	}
	st, err := p.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	p.stmts[query] = st
	return st, nil
}

// close gives the connection back. Its statements are closed first: the pool does not
// know them, and SQLite keeps a file open as long as one of them is, so that the
// write-ahead log would stay when the last connection goes.
func (p *prepared) close() {
	for _, st := range p.stmts {
		st.Close()
	}
	clear(p.stmts)
	p.conn.Close()
}

// drop closes a connection for good: a broken one must not go back to the pool.
func (p *prepared) drop() {
	for _, st := range p.stmts {
		st.Close()
	}
	clear(p.stmts)
	p.conn.Raw(func(any) error { return errBadConn }) //nolint:errcheck // that is its purpose
	p.conn.Close()
}
