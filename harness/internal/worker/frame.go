package worker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A frame is a magic number, the length and the CRC-32 of a payload, then the payload, little-endian. The sum tells a
// message from bytes that something else wrote into the pipe.
const (
	frameMagic  = 0x77747461 // "attw"
	frameHeader = 12
	// maxFrame bounds what a corrupted length can make us allocate. A case has at most a megabyte.
	maxFrame = 16 << 20
)

// errGarbage is a pipe that carried something else than a frame.
var errGarbage = errors.New("garbage on the pipe")

// sealFrame fills in the header of a buffer that starts with frameHeader bytes left free.
func sealFrame(buffer []byte) {
	payload := buffer[frameHeader:]
	binary.LittleEndian.PutUint32(buffer, frameMagic)
	binary.LittleEndian.PutUint32(buffer[4:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(buffer[8:], crc32.ChecksumIEEE(payload))
}

// readFrame reads one payload. io.EOF: the other side closed the pipe between two frames.
func readFrame(from io.Reader) ([]byte, error) {
	var header [frameHeader]byte
	if n, err := io.ReadFull(from, header[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("%w: it ended after %q", errGarbage, header[:n])
		}
		return nil, err
	}
	if magic := binary.LittleEndian.Uint32(header[:]); magic != frameMagic {
		return nil, fmt.Errorf("%w: %q where a message begins", errGarbage, header[:])
	}
	length := binary.LittleEndian.Uint32(header[4:])
	if length > maxFrame {
		return nil, fmt.Errorf("%w: a message of %d bytes; want at most %d", errGarbage, length, maxFrame)
	}
	payload := make([]byte, length)
	if n, err := io.ReadFull(from, payload); err != nil {
		return nil, fmt.Errorf("%w: a message of %d bytes ended after %d", errGarbage, length, n)
	}
	if sum := crc32.ChecksumIEEE(payload); sum != binary.LittleEndian.Uint32(header[8:]) {
		return nil, fmt.Errorf("%w: a message of %d bytes with a wrong checksum", errGarbage, length)
	}
	return payload, nil
}
