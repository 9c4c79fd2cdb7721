package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/v1"
	"github.com/nats-io/nats.go/jetstream"
)

// atOnce is how many summaries are asked for together, and patience how long is waited for them before they are asked for again.
const (
	atOnce   = 500
	patience = 5 * time.Second
)

// summaries reads the summaries of a run's results, and nothing of what is in them: those that come after sequence number
// *read, which moves along. It returns no error only when the server says that none is left. A fetch that ends early is no
// such word: the client ends it silently too where the server is slow to answer.
func (b *Bus) summaries(ctx context.Context, r run, read *uint64, each func(m jetstream.Msg, at time.Time, c counts)) error {
	for {
		left, err := b.someSummaries(ctx, r, read, each)
		if err != nil || left == 0 {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// someSummaries reads what is there now, or a part of it; left is how many were there.
func (b *Bus) someSummaries(ctx context.Context, r run, read *uint64, each func(jetstream.Msg, time.Time, counts)) (left int, err error) {
	from, err := b.results.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubjects: []string{r.results()}, HeadersOnly: true, AckPolicy: jetstream.AckNonePolicy,
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: *read + 1,
		InactiveThreshold: time.Minute, MemoryStorage: true, Replicas: 1,
	})
	if err != nil {
		return 0, err
	}
	name := from.CachedInfo().Name
	defer func() { _ = b.results.DeleteConsumer(context.WithoutCancel(ctx), name) }() // in vain, it goes by itself in a minute
	left = int(from.CachedInfo().NumPending)
	for wanted := left; wanted > 0; {
		ask := min(wanted, atOnce)
		batch, err := from.Fetch(ask, jetstream.FetchMaxWait(patience))
		if err != nil {
			return left, err
		}
		got := 0
		for m := range batch.Messages() {
			got++
			if err := summarised(m, read, each); err != nil {
				return left, err
			}
		}
		if err := batch.Error(); err != nil {
			return left, err
		}
		if got < ask {
			break // what was on its way is asked for anew
		}
		wanted -= got
	}
	return left, nil
}

func summarised(m jetstream.Msg, read *uint64, each func(jetstream.Msg, time.Time, counts)) error {
	meta, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("%s: %w", m.Subject(), err)
	}
	var c counts
	if err := json.Unmarshal([]byte(m.Headers().Get(summaryHeader)), &c); err != nil {
		return fmt.Errorf("%s: %s: %w", m.Subject(), summaryHeader, err)
	}
	*read = meta.Sequence.Stream
	each(m, meta.Timestamp, c)
	return nil
}
