//go:build unix

package queue

import (
	"fmt"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// processor reports the processor time of an operation, of server and client together: wall time means little
// on a machine that does other things too.
func processor(b *testing.B, n int) func() {
	var before syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		b.Fatal(err)
	}
	return func() {
		var after syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
			b.Fatal(err)
		}
		spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
		b.ReportMetric(float64(spent)/1e3/float64(n), "cpu-us/op")
	}
}

// What the server does for a campaign, one operation after the other: the input of simulate.
func BenchmarkQueue(b *testing.B) {
	_, bus := served(b, ServerOptions{})
	r := run{"bench", 0}
	consumer, err := bus.work.CreateOrUpdateConsumer(b.Context(), jetstream.ConsumerConfig{
		Durable: r.consumer(), FilterSubject: r.workSubject(), AckPolicy: jetstream.AckExplicitPolicy, AckWait: bus.wait, MaxAckPending: -1,
	})
	if err != nil {
		b.Fatal(err)
	}
	batch := 0
	b.Run("publish", func(b *testing.B) {
		batch++
		n := b.N
		defer processor(b, n)()
		if err := bus.putAll(b.Context(), r, batch, itemsOf(batch, n)); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("take", func(b *testing.B) {
		batch++
		n := b.N
		if err := bus.work.Purge(b.Context()); err != nil { // what an earlier part left
			b.Fatal(err)
		}
		if err := bus.putAll(b.Context(), r, batch, itemsOf(batch, n)); err != nil {
			b.Fatal(err)
		}
		defer processor(b, n)()
		b.ResetTimer()
		for range b.N {
			messages, err := consumer.FetchNoWait(1)
			if err != nil {
				b.Fatal(err)
			}
			for m := range messages.Messages() {
				if err := m.Ack(); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	for _, kilobytes := range []int{30, 300} {
		content := make([]byte, kilobytes<<10)
		b.Run(fmt.Sprintf("store-%dKiB", kilobytes), func(b *testing.B) {
			batch++
			defer processor(b, b.N)()
			for i := range b.N {
				if once, err := bus.store(b.Context(), r.resultSubject(batch, i), content, "{}", nil); err != nil || !once {
					b.Fatal(once, err)
				}
			}
		})
	}
}

// itemsOf are n of a batch, of 16 cases each.
func itemsOf(batch, n int) func(yield func(item) bool) {
	return func(yield func(item) bool) {
		for i := range n {
			if !yield(item{casesItem, batch, i * 16, (i + 1) * 16}) {
				return
			}
		}
	}
}
