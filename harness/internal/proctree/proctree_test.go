package proctree

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"
)

func TestKillEndsGrandchildren(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("children are found through /proc")
	}
	c := exec.Command("sh", "-c", "sleep 1000 & echo $!; exec sleep 1000")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	pids := Pids(c.Process.Pid)
	if len(pids) != 2 || pids[0] != c.Process.Pid {
		t.Fatalf("processes %v; want %d and one child", pids, c.Process.Pid)
	}
	Kill(c.Process.Pid)
	c.Wait()
	for range 200 { // a killed process may take a moment to be gone
		if !alive(pids[1]) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the grandchild %d lives on", pids[1])
}

// alive tells a process from one that has ended and that nobody has waited for.
func alive(pid int) bool {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	at := slices.Index(status, ')')
	return at > 0 && status[at+2] != 'Z' && status[at+2] != 'X'
}

func TestPrivateBytesOfThisProcess(t *testing.T) {
	held := make([]byte, 64<<20)
	for i := range held {
		held[i] = 1
	}
	got, err := PrivateBytes(os.Getpid())
	if err != nil || got < 64<<20 {
		t.Errorf("%d bytes, %v; want at least the 64 MiB that this test holds", got, err)
	}
	runtime.KeepAlive(held)
}
