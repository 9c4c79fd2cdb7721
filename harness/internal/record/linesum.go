package record

import (
	"bytes"
	"fmt"
	"hash/crc32"
)

// A line of results ends in a checksum, the member "sum" behind all others: of a flipped bit, a failure could else become a
// pass. It is the CRC-32 of the line without it, so that a tool that reads JSON needs to know nothing of it. A line without
// one, of an older run, is believed.
const (
	sumPrefix = `,"sum":"`
	sumLength = len(sumPrefix) + 8 + len(`"}`)
)

// summed adds the checksum to a line that is one JSON object.
func summed(line []byte) []byte {
	sum := crc32.ChecksumIEEE(line)
	return fmt.Appendf(line[:len(line)-1:len(line)-1], "%s%08x\"}", sumPrefix, sum)
}

// unsummed takes the checksum off, and refuses a line that it is not of.
func unsummed(line []byte) ([]byte, error) {
	at := len(line) - sumLength
	if at < 1 || !bytes.Equal(line[at:at+len(sumPrefix)], []byte(sumPrefix)) || !bytes.HasSuffix(line, []byte(`"}`)) {
		return line, nil
	}
	plain := append(line[:at:at], '}')
	if want := fmt.Sprintf("%08x", crc32.ChecksumIEEE(plain)); want != string(line[at+len(sumPrefix):len(line)-2]) {
		return nil, fmt.Errorf("sum: the line was changed since it was written: its checksum is %s", want)
	}
	return plain, nil
}
