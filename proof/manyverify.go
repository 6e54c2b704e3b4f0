package proof

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"assent/fault"
)

// ManyReport is what VerifyMany found of an archive as a whole.
type ManyReport struct {
	Verdict    Verdict  `json:"verdict"` // the worst there is
	Words      string   `json:"words"`
	Bundles    int      `json:"bundles"`
	Valid      int      `json:"valid"`
	Consistent int      `json:"consistent"`
	Invalid    int      `json:"invalid"`
	Unreadable int      `json:"unreadable"`
	Simulated  int      `json:"simulated"`        // bundles with simulated events
	Detail     []string `json:"detail,omitempty"` // what is wrong with the archive itself
}

// ExitCode returns 0 for valid, 1 for not valid, 2 for not readable.
func (m ManyReport) ExitCode() int { return Report{Verdict: m.Verdict}.ExitCode() }

// VerifyMany checks each bundle of an archive by Verify, in the archive's order,
// and calls each with what it found; an error of each ends it. Bundles are read
// where they stand: none is unpacked, and an archive inside one is not looked into.
//
// The error is an Invalid fault where r is no archive of bundles as ManyWriter
// makes them: names in their order, everything stored, the index last, and not a
// byte between them. A bundle that is not what the index says makes the verdict
// Invalid.
func VerifyMany(ctx context.Context, r io.ReaderAt, size int64, pins Pins, each func(name string, r Report) error) (m ManyReport, err error) {
	files, err := openMany(r, size)
	if err != nil {
		return m, err
	}
	var f finding
	listed, err := readIndex(r, files[len(files)-1])
	if err != nil {
		return m, err
	}
	files = files[:len(files)-1]
	if len(listed.Bundles) != len(files) {
		f.add("the index lists %d bundles and there are %d", len(listed.Bundles), len(files))
	}
	for i, b := range files {
		sum, crc := sha256.New(), crc32.NewIEEE()
		if _, err := io.Copy(io.MultiWriter(sum, crc), b.section(r)); err != nil {
			return m, fmt.Errorf("proof: read archive: %w", err)
		}
		if i < len(listed.Bundles) && listed.Bundles[i] != (indexed{b.name, sumOf(sum), b.size}) || crc.Sum32() != b.crc {
			f.add("%s is not as the index says", b.name)
		}
		report, err := Verify(ctx, b.section(r), b.size, pins)
		if ctx.Err() != nil {
			return m, ctx.Err()
		}
		if err != nil {
			report = UnreadableReport(err)
		}
		m.count(report)
		if err := each(b.name, report); err != nil {
			return m, err
		}
	}
	m.conclude(f.check("", "", "").Detail)
	return m, nil
}

func (m *ManyReport) count(r Report) {
	m.Bundles++
	if r.Simulated > 0 {
		m.Simulated++
	}
	switch r.Verdict {
	case Valid:
		m.Valid++
	case Consistent:
		m.Consistent++
	case Invalid:
		m.Invalid++
	default:
		m.Unreadable++
	}
}

func (m *ManyReport) conclude(detail []string) {
	m.Detail = detail
	bad := m.Invalid + m.Unreadable
	switch {
	case m.Bundles == 0:
		m.Verdict, m.Words = Invalid, "NOT VALID: the archive holds no bundle."
	case bad > 0 || len(detail) > 0:
		m.Verdict = Invalid
		m.Words = fmt.Sprintf("NOT VALID: %d of %d bundles fail.", bad, m.Bundles)
		if len(detail) > 0 {
			m.Words += " The archive is not as its index says."
		}
	case m.Consistent > 0:
		m.Verdict = Consistent
		m.Words = fmt.Sprintf("All %d bundles are consistent, %d of them only under the keys in the bundle, which anybody could have made.", m.Bundles, m.Consistent)
	default:
		m.Verdict, m.Words = Valid, fmt.Sprintf("All %d bundles are valid under the keys that you brought.", m.Bundles)
	}
	if m.Simulated > 0 {
		m.Words = "SIMULATED. " + m.Words
	}
}

// stored is a file of an archive of bundles.
type stored struct {
	name     string
	at, size int64
	crc      uint32
}

func (s stored) section(r io.ReaderAt) *io.SectionReader { return io.NewSectionReader(r, s.at, s.size) }

// openMany reads the directory of an archive of bundles. The last file is the
// index.
func openMany(r io.ReaderAt, size int64) ([]stored, error) {
	if err := checkEnd(r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, noArchive("the zip is damaged")
	}
	if len(z.File) == 0 || len(z.File) > MaxBundles+1 {
		return nil, noArchive("it holds no index, or more than %d bundles", MaxBundles)
	}
	files := make([]stored, 0, len(z.File))
	const header = 30 // of a file, before its name
	end := int64(0)
	one := archive{} // has no name twice, for each has one of its own
	for i, f := range z.File {
		want, most := bundleName(i+1), int64(maxBundleSize)
		if i == len(z.File)-1 {
			want, most = indexFile, maxIndex
		}
		if f.Name != want {
			return nil, noArchive("%q stands where %s belongs", clip(f.Name), want)
		}
		if err := one.checkEntry(f); err != nil {
			return nil, err
		}
		if err := checkLocal(r, f); err != nil {
			return nil, err
		}
		if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 || f.UncompressedSize64 > uint64(most) {
			return nil, noArchive("%s is compressed, or too large", f.Name)
		}
		at, err := f.DataOffset()
		if err != nil || at != end+header+int64(len(f.Name)) {
			return nil, noArchive("there is something before %s, or it stands where another file does", f.Name)
		}
		files = append(files, stored{f.Name, at, int64(f.UncompressedSize64), f.CRC32})
		end = at + int64(f.UncompressedSize64)
	}
	if end > size || !directoryAt(r, end) {
		return nil, noArchive("there is something behind its last file")
	}
	return files, nil
}

// directoryAt reports whether the zip's directory begins there.
func directoryAt(r io.ReaderAt, at int64) bool {
	var b [4]byte
	_, err := r.ReadAt(b[:], at)
	return err == nil && string(b[:]) == "PK\x01\x02"
}

func readIndex(r io.ReaderAt, f stored) (in index, err error) {
	b := make([]byte, f.size)
	if _, err := r.ReadAt(b, f.at); err != nil && !errors.Is(err, io.EOF) {
		return in, fmt.Errorf("proof: read archive: %w", err)
	}
	if err := json.Unmarshal(b, &in); err != nil || crc32.ChecksumIEEE(b) != f.crc {
		return in, noArchive("its index cannot be read")
	}
	// One spelling only, so that no byte of it is free.
	if again, err := marshal(in); err != nil || !bytes.Equal(again, b) {
		return in, noArchive("its index is not written as it has to be")
	}
	return in, nil
}

// noArchive is the fault for what is no archive of bundles.
func noArchive(format string, args ...any) error {
	return fault.New(fault.Invalid, "This is no archive of proof bundles: "+format+".", args...)
}
