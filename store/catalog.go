package store

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// table is a table as the database itself describes it, so that nothing is left
// out of a backup because somebody forgot to name it.
type table struct {
	name    string
	columns []string
	kinds   []string // text, int, bytes or bool
}

// catalog is the SQL that asks a database how it is made: each has its own.
type catalog struct {
	columns    string // table, column, type, in the order of each table
	references string // table, table that it refers to
}

var sqliteCatalog = catalog{
	columns: `SELECT m.name, c.name, lower(c.type) FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' ORDER BY m.name, c.cid`,
	references: `SELECT m.name, f."table" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`,
}

var postgresCatalog = catalog{
	columns: `SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns
		WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`,
	references: `SELECT CAST(a.relname AS TEXT), CAST(b.relname AS TEXT) FROM pg_constraint c JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid
		WHERE c.contype = 'f' AND c.connamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) ORDER BY a.relname, c.oid`,
}

// kindOf is how a column's values are written in a backup.
var kindOf = map[string]string{
	"text": "text", "integer": "int", "bigint": "int", "smallint": "int", "blob": "bytes", "bytea": "bytes", "boolean": "bool",
}

// tables returns the tables, each behind those that it refers to, the settings
// first. What belongs to the migrations is left out.
func (t *Tx) tables(ctx context.Context) ([]table, error) {
	c := sqliteCatalog
	if t.dialect == postgresDialect {
		c = postgresCatalog
	}
	byName := map[string]*table{}
	rows, err := t.query(ctx, c.columns)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var name, column, kind string
		if err := scan(&name, &column, &kind); err != nil || strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "goose_") {
			return err
		}
		if kindOf[kind] == "" {
			return errors.New("store: column " + name + "." + column + " is of a type that no backup knows: " + kind)
		}
		if byName[name] == nil {
			byName[name] = &table{name: name}
		}
		byName[name].columns = append(byName[name].columns, column)
		byName[name].kinds = append(byName[name].kinds, kindOf[kind])
		return nil
	})
	if err != nil {
		return nil, err
	}
	refers := map[string][]string{}
	rows, err = t.query(ctx, c.references)
	err = eachRow(rows, err, func(scan func(...any) error) error {
		var from, to string
		err := scan(&from, &to)
		refers[from] = append(refers[from], to)
		return err
	})
	if err != nil {
		return nil, err
	}
	return inOrder(byName, refers), nil
}

// inOrder puts tables behind those that they refer to, else by name.
func inOrder(byName map[string]*table, refers map[string][]string) (list []table) {
	placed := map[string]bool{}
	var place func(name string)
	place = func(name string) {
		if placed[name] || byName[name] == nil {
			return
		}
		placed[name] = true
		for _, other := range refers[name] {
			place(other)
		}
		list = append(list, *byName[name])
	}
	place("settings")
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		place(name)
	}
	return list
}
