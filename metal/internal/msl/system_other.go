//go:build !unix

package msl

import (
	"io/fs"
	"os"
	"syscall"
	"time"
)

const noFollow, noWait = 0, 0

func killGroup(p *os.Process) error { return p.Kill() }

func ownerOf(fs.FileInfo) (int, bool) { return 0, false }

func childAttributes() *syscall.SysProcAttr { return nil }

func limitChild(int, time.Duration) {}

func dieWithParent() {}
