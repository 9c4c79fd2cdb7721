//go:build unix && !linux

package msl

import (
	"syscall"
	"time"
)

func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func limitChild(int, time.Duration) {}

func dieWithParent() {}
