package queue

import (
	"fmt"
	"sync"
)

// serverLog keeps the last complaint of the server.
type serverLog struct {
	lock sync.Mutex
	text string
}

func (l *serverLog) keep(format string, arguments ...any) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.text = fmt.Sprintf(format, arguments...)
}

func (l *serverLog) last() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	if l.text == "" {
		return "it did not say why"
	}
	return l.text
}

func (l *serverLog) Noticef(string, ...any)                 {}
func (l *serverLog) Warnf(format string, arguments ...any)  { l.keep(format, arguments...) }
func (l *serverLog) Errorf(format string, arguments ...any) { l.keep(format, arguments...) }
func (l *serverLog) Fatalf(format string, arguments ...any) { l.keep(format, arguments...) }
func (l *serverLog) Debugf(string, ...any)                  {}
func (l *serverLog) Tracef(string, ...any)                  {}
