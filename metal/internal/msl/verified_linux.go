package msl

import (
	"io/fs"
	"syscall"
	"time"
)

func (s *stamp) fill(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok {
		s.device, s.number, s.changed = stat.Dev, stat.Ino, time.Unix(stat.Ctim.Unix())
	}
	return ok
}
