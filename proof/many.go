package proof

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"assent/evidence"
	"assent/fault"
)

// Limits of an archive of bundles. Its size is what a zip has room for without the
// extension to 64 bits, less its directory.
const (
	MaxBundles    = 50_000
	maxManySize   = 4<<30 - 64<<20
	maxBundleSize = 1 << 30
	maxIndex      = 16 << 20
)

// indexFile is the last file of an archive of bundles.
const indexFile = "index.json"

// index lists the bundles of an archive, in their order.
type index struct {
	Bundles []indexed `json:"bundles"`
}

type indexed struct {
	Name   string          `json:"name"`
	SHA256 evidence.Digest `json:"sha256"`
	Size   int64           `json:"size"`
}

func bundleName(n int) string { return fmt.Sprintf("%05d.zip", n) }

// ManyWriter writes whole bundles, of several people, into one archive:
//
//	00001.zip, 00002.zip …  the bundles as they are, stored
//	index.json              {"bundles":[{"name":"00001.zip","sha256":"…","size":n}]}
//
// It holds one bundle in memory at a time. It is not safe for concurrent use.
type ManyWriter struct {
	z     *zip.Writer
	buf   bytes.Buffer
	index index
	size  int64
}

// NewManyWriter returns a writer of an archive. Close finishes it.
func NewManyWriter(w io.Writer) *ManyWriter {
	return &ManyWriter{z: zip.NewWriter(w), index: index{Bundles: []indexed{}}}
}

// Add puts in the bundle that write writes; where that fails, nothing of it. It is
// a TooLarge fault if the archive has no room for it.
func (m *ManyWriter) Add(write func(io.Writer) error) error {
	m.buf.Reset()
	if err := write(&m.buf); err != nil {
		return err
	}
	n := int64(m.buf.Len())
	if n > maxBundleSize || m.size+n > maxManySize || len(m.index.Bundles) == MaxBundles {
		return fault.New(fault.TooLarge, "One archive has room for %d people and four gigabytes. Choose fewer people, for example by purpose or by funnel.", MaxBundles)
	}
	name := bundleName(len(m.index.Bundles) + 1)
	m.size += n
	m.index.Bundles = append(m.index.Bundles, indexed{name, sha256.Sum256(m.buf.Bytes()), n})
	return store(m.z, File{name, m.buf.Bytes()})
}

// Len returns how many bundles are in.
func (m *ManyWriter) Len() int { return len(m.index.Bundles) }

// Close writes the index and the zip's end.
func (m *ManyWriter) Close() error {
	data, err := marshal(m.index)
	if err != nil {
		return err
	}
	if err := store(m.z, File{indexFile, data}); err != nil {
		return err
	}
	if err := m.z.Close(); err != nil {
		return fmt.Errorf("proof: write archive: %w", err)
	}
	return nil
}

// store puts a file into a zip as it is.
func store(z *zip.Writer, f File) error {
	h := &zip.FileHeader{Name: f.Name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(f.Data),
		CompressedSize64: uint64(len(f.Data)), UncompressedSize64: uint64(len(f.Data))}
	//lint:ignore SA1019 CreateRaw writes these two and not Modified
	h.ModifiedDate, h.ModifiedTime = dosTime(archiveTime)
	h.SetMode(0o644)
	entry, err := z.CreateRaw(h)
	if err == nil {
		_, err = entry.Write(f.Data)
	}
	if err != nil {
		return fmt.Errorf("proof: write %s: %w", f.Name, err)
	}
	return nil
}

// IsMany reports whether r looks like an archive of bundles, and not like one
// bundle. It checks nothing else.
func IsMany(r io.ReaderAt, size int64) bool {
	if checkEnd(r, size) != nil {
		return false
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return false
	}
	many := false
	for _, f := range z.File {
		if f.Name == manifestFile || f.Name == checkpointFile {
			return false
		}
		many = many || f.Name == indexFile || f.Name == bundleName(1)
	}
	return many
}
