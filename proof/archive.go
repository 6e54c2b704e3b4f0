package proof

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"assent/evidence"
	"assent/fault"
)

// Limits of what is read of a bundle.
const (
	MaxEvents    = 4_000
	maxFiles     = 4*MaxEvents + 100
	maxDirectory = maxFiles * 256 // bytes of the zip's directory
	maxFile      = 64 << 20       // bytes of one file, unpacked
	maxTotal     = 512 << 20      // of all
	maxKept      = 32 << 20       // of all that is kept in memory
	maxText      = 2 << 20        // of one file that is kept in memory
)

// archive is a bundle's files: the digest of each, and the bytes of those that
// a check reads.
type archive struct {
	names   []string // in the order of the zip
	files   map[string]*entry
	damaged []string // names of files whose checksum does not hold
}

type entry struct {
	size   int64
	digest evidence.Digest
	data   []byte // nil if it is not kept
}

// unreadable is the fault for what is no bundle at all.
func unreadable(format string, args ...any) error {
	return fault.New(fault.Invalid, "This is no proof bundle: "+format+".", args...)
}

// openArchive reads a zip in bounded memory. Its errors are Invalid faults.
func openArchive(ctx context.Context, r io.ReaderAt, size int64) (*archive, error) {
	if err := checkEnd(r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, unreadable("the zip is damaged")
	}
	if len(z.File) > maxFiles {
		return nil, unreadable("it holds more than %d files", maxFiles)
	}
	a := &archive{files: make(map[string]*entry, len(z.File))}
	var total, kept int64
	for _, f := range z.File {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := a.checkEntry(f); err != nil {
			return nil, err
		}
		if err := checkLocal(r, f); err != nil {
			return nil, err
		}
		e, whole, err := readEntry(f, min(maxFile, maxTotal-total))
		if err != nil {
			return nil, err
		}
		total += e.size
		if kept += int64(len(e.data)); kept > maxKept {
			return nil, unreadable("its events and proofs are larger than %d MB", maxKept>>20)
		}
		if !whole {
			a.damaged = append(a.damaged, f.Name)
		}
		a.names = append(a.names, f.Name)
		a.files[f.Name] = e
	}
	return a, nil
}

// checkEnd looks at the zip's last record before anything believes it: no
// comment, nothing around the archive, and a directory of a sane size. What a
// reader does with other archives depends on the reader.
func checkEnd(r io.ReaderAt, size int64) error {
	const endSize = 22 // of an end of central directory record without comment
	var end [endSize]byte
	if size < endSize {
		return unreadable("it is too short for a zip")
	}
	if _, err := r.ReadAt(end[:], size-endSize); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("proof: read bundle: %w", err)
	}
	if !bytes.Equal(end[:4], []byte("PK\x05\x06")) {
		return unreadable("it is no zip, or there is something behind it")
	}
	disks := binary.LittleEndian.Uint32(end[4:])
	length, offset := binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
	switch {
	case disks != 0:
		return unreadable("the zip is one of several parts")
	case length > maxDirectory:
		return unreadable("it holds too many files")
	case int64(offset)+int64(length)+endSize != size:
		return unreadable("there is something around the zip")
	}
	return nil
}

func (a *archive) checkEntry(f *zip.File) error {
	switch {
	case len(f.Name) > 200 || !cleanName.MatchString(f.Name):
		return unreadable("%q is no name for a file of it", clip(f.Name))
	case a.files[f.Name] != nil:
		return unreadable("%q is in it twice", f.Name)
	case f.Mode().Type() != 0 || f.Mode()&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky) != 0:
		return unreadable("%q is no regular file", f.Name)
	case f.Comment != "":
		return unreadable("%q bears a comment", f.Name)
	case f.Flags&1 != 0:
		return unreadable("%q is encrypted", f.Name)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return unreadable("%q is compressed in a way that it is not read here", f.Name)
	}
	return nil
}

// maxExtra bounds the fields that zip programs put between a file's name and its
// data, in bytes.
const maxExtra = 256

// checkLocal compares the name that stands before the file's data with that in
// the directory: some programs go by the one, some by the other.
func checkLocal(r io.ReaderAt, f *zip.File) error {
	at, err := f.DataOffset()
	if err != nil {
		return unreadable("the zip is damaged")
	}
	const header = 30
	from := max(at-int64(header+len(f.Name)+maxExtra), 0)
	b := make([]byte, at-from)
	if _, err := r.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("proof: read bundle: %w", err)
	}
	for extra := range min(maxExtra, len(b)-header-len(f.Name)) + 1 {
		local := b[len(b)-header-len(f.Name)-extra:]
		if bytes.Equal(local[:4], []byte("PK\x03\x04")) && int(binary.LittleEndian.Uint16(local[26:])) == len(f.Name) &&
			int(binary.LittleEndian.Uint16(local[28:])) == extra && string(local[header:header+len(f.Name)]) == f.Name {
			return nil
		}
	}
	return unreadable("%q has another name before its data", f.Name)
}

// readEntry reads one file up to the limit. It reports whether the file was
// whole; a damaged one is read as far as it goes, because which file is damaged
// is worth saying.
func readEntry(f *zip.File, limit int64) (*entry, bool, error) {
	if f.UncompressedSize64 > uint64(limit) {
		return nil, false, unreadable("%q is too large", f.Name)
	}
	body, err := f.Open()
	if err != nil {
		return nil, false, unreadable("%q cannot be opened", f.Name)
	}
	defer body.Close()
	h := sha256.New()
	e := &entry{}
	sink := io.Writer(h)
	var text bytes.Buffer
	if isKept(f.Name) {
		if f.UncompressedSize64 > maxText {
			return nil, false, unreadable("%q is too large", f.Name)
		}
		sink = io.MultiWriter(h, &text)
	}
	// The size in the directory may lie, so the reading is bounded as well.
	e.size, err = io.Copy(sink, io.LimitReader(body, int64(f.UncompressedSize64)+1))
	if e.size > int64(f.UncompressedSize64) {
		return nil, false, unreadable("%q is larger than it says", f.Name)
	}
	e.digest = sumOf(h)
	if isKept(f.Name) {
		e.data = text.Bytes()
	}
	return e, err == nil, nil
}

func sumOf(h hash.Hash) evidence.Digest { return evidence.Digest(h.Sum(nil)) }

// isKept reports whether a check reads the file's bytes. Of the others the
// digest is enough.
func isKept(name string) bool {
	switch name {
	case checkpointFile, manifestFile, keysFile, logKeyFile, witnessFile:
		return true
	}
	return eventName.MatchString(name) || isProofName(name) || webhookName.MatchString(name) ||
		anchorName.MatchString(name) || stampedName.MatchString(name) || tokenName.MatchString(name)
}

// clip shortens a name from outside for a message.
func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
