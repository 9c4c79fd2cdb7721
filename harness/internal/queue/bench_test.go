package queue

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

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
		if err := bus.putAll(b.Context(), r, batch, func(yield func(item) bool) {
			for i := range n {
				if !yield(item{casesItem, batch, i * 16, (i + 1) * 16}) {
					return
				}
			}
		}); err != nil {
			b.Fatal(err)
		}
	})
	b.Run("take", func(b *testing.B) {
		batch++
		n := b.N
		if err := bus.putAll(b.Context(), r, batch, func(yield func(item) bool) {
			for i := range n {
				if !yield(item{casesItem, batch, i * 16, (i + 1) * 16}) {
					return
				}
			}
		}); err != nil {
			b.Fatal(err)
		}
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
			for i := range b.N {
				if once, err := bus.store(b.Context(), r.resultSubject(batch, i), content, "{}", nil); err != nil || !once {
					b.Fatal(once, err)
				}
			}
		})
	}
}
