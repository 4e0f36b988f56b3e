package xlsx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf16"

	"chartlift/extract"
)

// containerMagic begins a Compound File: old Office files, and new ones with a
// password ([MS-CFB] 2.2).
const containerMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

const (
	headerFATs  = 109 // sectors of the allocation table that the header itself names
	maxChain    = 256 // directory sectors looked at
	entrySize   = 128
	entryName   = 64
	lastRegular = 0xfffffffa // MAXREGSECT
)

// refuseContainer says what to do about a Compound File.
func refuseContainer(file, path string) error {
	names, err := streams(file)
	refusal := &extract.OpenError{
		Code: "convert-first", Path: path,
		Message: "an old Office file (.xls, .doc); convert it: soffice --headless --convert-to xlsx " + path,
	}
	switch {
	case err != nil:
		refusal.Message += " (it may be damaged)"
		refusal.Err = err
	case names["EncryptedPackage"]:
		refusal.Code = "password"
		refusal.Message = "a workbook protected by a password; open it with the password and save a copy without, or: msoffcrypto-tool -p PASSWORD " + path + " open.xlsx"
	case names["Workbook"] || names["Book"]:
		refusal.Message = "an Excel workbook of the format before 2007 (.xls); convert it: soffice --headless --convert-to xlsx " + path
	case names["WordDocument"]:
		refusal.Message = "an old Word file (.doc), which holds no table; export the data from the program that made it"
	case names["__properties_version1.0"]:
		refusal.Message = "an Outlook message; save its attachment and give that"
	}
	return refusal
}

// streams returns the names in the directory of a Compound File.
func streams(file string) (map[string]bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	header := make([]byte, 512)
	if _, err := io.ReadFull(f, header); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	shift := binary.LittleEndian.Uint16(header[30:])
	if shift != 9 && shift != 12 {
		return nil, errors.New("no such sector size")
	}
	c := container{file: f, header: header, sector: 1 << shift}
	names := map[string]bool{}
	at := binary.LittleEndian.Uint32(header[48:])
	for range maxChain {
		if at > lastRegular {
			return names, nil
		}
		if err := c.addNames(names, at); err != nil {
			return names, err
		}
		if at, err = c.following(at); err != nil {
			return names, err
		}
	}
	return names, nil
}

// container is an opened Compound File.
type container struct {
	file   io.ReaderAt
	header []byte
	sector int64
}

// addNames adds the names of the entries in one sector of the directory
// ([MS-CFB] 2.6.1).
func (c *container) addNames(names map[string]bool, at uint32) error {
	b := make([]byte, c.sector)
	if _, err := c.file.ReadAt(b, (int64(at)+1)*c.sector); err != nil {
		return fmt.Errorf("read directory: %w", err)
	}
	for ; len(b) >= entrySize; b = b[entrySize:] {
		var units []uint16
		for i := 0; i < entryName; i += 2 {
			unit := binary.LittleEndian.Uint16(b[i:])
			if unit == 0 {
				break
			}
			units = append(units, unit)
		}
		names[string(utf16.Decode(units))] = true
	}
	return nil
}

// following returns the next sector of a chain, from the allocation table
// ([MS-CFB] 2.3).
func (c *container) following(at uint32) (uint32, error) {
	perSector := uint32(c.sector / 4)
	if at/perSector >= headerFATs {
		return lastRegular + 1, nil // a file of more than 6 MB whose directory is at its end; what was seen has to do
	}
	table := binary.LittleEndian.Uint32(c.header[76+4*(at/perSector):])
	b := make([]byte, 4)
	if _, err := c.file.ReadAt(b, (int64(table)+1)*c.sector+4*int64(at%perSector)); err != nil {
		return 0, fmt.Errorf("read allocation table: %w", err)
	}
	return binary.LittleEndian.Uint32(b), nil
}
