package mutate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAnInterruptedCompilerIsNoError: what a terminal interrupts is told as that, and not by the compiler that it met; so the
// compiler hears nothing of the terminal, and ends with all that it started when this process ends it.
func TestAnInterruptedCompilerIsNoError(t *testing.T) {
	dir := t.TempDir()
	compiler, began := filepath.Join(dir, "cc"), filepath.Join(dir, "began")
	require.NoError(t, os.WriteFile(compiler, fmt.Appendf(nil, "#!/bin/sh\nps -o pgid= -p $$ > %s.new\nmv %[1]s.new %[1]s\nsleep 600\n", began), 0o755))
	t.Setenv("CC", compiler)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	ended := make(chan error)
	go func() {
		_, err := Run(ctx, Options{Tree: tree(t), Dir: t.TempDir(), Program: os.Args[0], Mutants: named(t, "first-head-only"), Cases: 1, Workers: 1, Deadline: time.Second})
		ended <- err
	}()
	var group []byte
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(began)
		group = text
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	require.NotEqual(t, fmt.Sprint(syscall.Getpgrp()), strings.TrimSpace(string(group)), "a group of its own")
	interrupt()
	select {
	case err := <-ended:
		require.ErrorIs(t, err, context.Canceled)
		require.NotContains(t, err.Error(), "signal")
	case <-time.After(time.Minute):
		t.Fatal("the compiler's child is waited for")
	}
}
