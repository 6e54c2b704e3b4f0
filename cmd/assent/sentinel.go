package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"assent/fault"
	"assent/ledger"
	"assent/manage"
	"assent/vault"
)

// The sentinel is a file outside the database, for what a restored backup would
// have forgotten. Its lines are only ever added:
//
//	assent head 1               what it is
//	log NAME+HASH+KEY           the log's verifier key
//	left BASE64                 a signed checkpoint that left the house
//	destroyed s/ID EVENT        a data key that was destroyed, and the event that says so
//	restored                    somebody went on from a restored backup: what had left before counts no more
//
// A last line without its end was cut off by a crash, and counts as not written:
// what it would have said had not left the house. Once many checkpoints have
// been superseded the file is written anew beside itself and put in its place.
type sentinel struct {
	file string

	mu        sync.Mutex
	log       string // verifier key
	left      []byte // newest checkpoint that left the house; nil for none
	size      int64  // of it
	destroyed map[string]string
	stale     int // lines that are superseded
}

const (
	sentinelFirst = "assent head 1"
	staleLines    = 4096
)

// openSentinel reads the file, or makes it for the log. One of another log is a
// Conflict.
func openSentinel(file, log string) (*sentinel, error) {
	s := &sentinel{file: file, log: log, destroyed: map[string]string{}}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, s.rewrite()
	case err != nil:
		return nil, fault.New(fault.Unavailable, "The file %s, which remembers what left the house, cannot be read.", file).Because(err)
	}
	if err := s.read(text); err != nil {
		return nil, err
	}
	if s.log != log {
		return nil, fault.New(fault.Conflict, "The file %s remembers another log than the one in this database. Bring the right database, or name another file with --sentinel.", file)
	}
	if !bytes.HasSuffix(text, []byte("\n")) || s.stale > staleLines {
		return s, s.rewrite()
	}
	return s, nil
}

// read takes in the lines of a file.
func (s *sentinel) read(text []byte) error {
	s.log = ""
	lines := bufio.NewReader(bytes.NewReader(text))
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			if n <= 2 {
				return s.damaged(n)
			}
			return nil
		}
		if !s.take(n, strings.TrimSuffix(line, "\n")) {
			return s.damaged(n)
		}
	}
}

func (s *sentinel) damaged(n int) error {
	return fault.New(fault.Invalid, "The file %s, which remembers what left the house, is damaged in line %d. Bring it back from a copy.", s.file, n)
}

// take takes in line n, and reports whether it is one.
func (s *sentinel) take(n int, line string) bool {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case n == 1:
		return line == sentinelFirst
	case n == 2:
		s.log = rest
		return word == "log" && rest != ""
	case word == "left":
		note, err := base64.StdEncoding.DecodeString(rest)
		if err != nil {
			return false
		}
		cp, err := ledger.ParseCheckpoint(note)
		if err != nil {
			return false
		}
		if s.left != nil {
			s.stale++
		}
		if s.left == nil || cp.Size > s.size {
			s.left, s.size = note, cp.Size
		}
		return true
	case word == "destroyed":
		key, event, ok := strings.Cut(rest, " ")
		s.destroyed[key] = event
		return ok && manage.ValidKeyID(key)
	case line == "restored":
		s.left, s.size = nil, 0
		s.stale++
		return true
	}
	return false
}

// Left implements tenant.Sentinel.
func (s *sentinel) Left(_ context.Context, signed []byte) error {
	cp, err := ledger.ParseCheckpoint(signed)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left != nil && cp.Size <= s.size {
		return nil
	}
	if err := s.add("left " + base64.StdEncoding.EncodeToString(signed) + "\n"); err != nil {
		return err
	}
	if s.left != nil {
		s.stale++
	}
	s.left, s.size = bytes.Clone(signed), cp.Size
	return nil
}

// Destroyed implements tenant.Sentinel.
func (s *sentinel) Destroyed(_ context.Context, key, event string) error {
	return s.keep([]vault.Destruction{{Key: key, Event: event}})
}

// keep remembers destructions that are not remembered yet, all in one write.
func (s *sentinel) keep(list []vault.Destruction) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines strings.Builder
	for _, d := range list {
		if _, ok := s.destroyed[d.Key]; !ok && manage.ValidKeyID(d.Key) {
			fmt.Fprintf(&lines, "destroyed %s %s\n", d.Key, d.Event)
		}
	}
	if lines.Len() == 0 {
		return nil
	}
	if err := s.add(lines.String()); err != nil {
		return err
	}
	for _, d := range list {
		s.destroyed[d.Key] = d.Event
	}
	return nil
}

// add writes lines at the end of the file, durably. The file is opened each
// time, for another process may have put a new one in its place.
func (s *sentinel) add(lines string) error {
	f, err := os.OpenFile(s.file, os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) { // somebody took it away: what is known still counts
		if err := s.rewrite(); err != nil {
			return err
		}
		f, err = os.OpenFile(s.file, os.O_WRONLY|os.O_APPEND, 0)
	}
	if err == nil {
		_, err = f.WriteString(lines)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return fault.New(fault.Unavailable, "The file %s, which remembers what leaves the house, cannot be written.", s.file).Because(err)
	}
	return nil
}

// rewrite puts a file in place that holds what still counts.
func (s *sentinel) rewrite() error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nlog %s\n", sentinelFirst, s.log)
	for key, event := range s.destroyed {
		fmt.Fprintf(&b, "destroyed %s %s\n", key, event)
	}
	if s.left != nil {
		fmt.Fprintf(&b, "left %s\n", base64.StdEncoding.EncodeToString(s.left))
	}
	if err := replaceFile(s.file, b.Bytes()); err != nil {
		return fault.New(fault.Unavailable, "The file %s, which remembers what leaves the house, cannot be written.", s.file).Because(err)
	}
	s.stale = 0
	return nil
}

// replaceFile puts a file with the content in the place of name, whole or not at
// all. Only its owner may read it.
func replaceFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".new-")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if d, err := os.Open(filepath.Dir(name)); err == nil {
		d.Sync() //nolint:errcheck // not every system can
		d.Close()
	}
	return nil
}

// afterRestore forgets what had left the house before.
func (s *sentinel) afterRestore() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.add("restored\n"); err != nil {
		return err
	}
	s.left, s.size = nil, 0
	return nil
}

// keys returns the ids of the data keys that were destroyed.
func (s *sentinel) keys() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.destroyed {
		list = append(list, key)
	}
	return list
}

// newest returns the newest checkpoint that left the house, or nil.
func (s *sentinel) newest() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// sentinelFile returns where the sentinel is: as named, or beside the SQLite
// file. With PostgreSQL it is nowhere unless named.
func (f databaseFlags) sentinelFile() string {
	if f.Sentinel != "" || strings.HasPrefix(f.Database, "postgres") {
		return f.Sentinel
	}
	return f.Database + ".head"
}

// guard refuses to go on where the database is behind what left the house,
// unless told to, and brings the sentinel up to date with what was erased.
func (i *installation) guard(ctx context.Context, afterRestore bool, note func(string)) error {
	if i.sentinel == nil {
		note("Nothing outside the database remembers what left the house. Name a file with --sentinel, so that a restored backup cannot make a second history.")
		return nil
	}
	if left := i.sentinel.newest(); left != nil {
		err := i.manage.Continues(ctx, left)
		switch {
		case err == nil:
		case !fault.Is(err, fault.Conflict):
			return err
		case !afterRestore:
			return fault.New(fault.Conflict, "%s Bring the newer database back, or go on from this one with --after-restore, which is noted in the log; docs/backup.md says what that means.", fault.Message(err))
		default:
			if err := i.manage.NoteRestore(ctx, operator(), left); err != nil {
				return err
			}
			if err := i.sentinel.afterRestore(); err != nil {
				return err
			}
			note("Going on from a restored backup, as told. " + fault.Message(err))
		}
	}
	var list []vault.Destruction
	err := i.manage.Destructions(ctx, func(d vault.Destruction) error { list = append(list, d); return nil })
	if err != nil {
		return err
	}
	return i.sentinel.keep(list)
}
