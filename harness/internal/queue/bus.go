package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// How long a worker may be silent about an item before another gets it, and how often it tells that it is alive.
const (
	ackWait   = 30 * time.Second
	heartbeat = ackWait / 4
)

// What messages hold at most. A result that is larger goes to the object store.
const (
	maxPayload  = 1 << 20
	inlineBytes = 384 << 10
	maxStored   = 1 << 30
)

// Bus is a connection to the streams and stores.
type Bus struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	work    jetstream.Stream
	results jetstream.Stream
	plans   jetstream.KeyValue
	workers jetstream.KeyValue
	objects jetstream.ObjectStore
	inline  int           // bytes of a result that a message holds
	wait    time.Duration // ackWait, but for tests

	refusal refusal
	words   func(error) string // what keeps it from the server
}

func (b *Bus) open(ctx context.Context, replicas int) (err error) {
	ctx, cancel := context.WithTimeout(ctx, agreement)
	defer cancel()
	if b.js, err = jetstream.New(b.conn); err != nil {
		return err
	}
	// A message that comes twice within the window is stored once; so is one that comes later, because a name is taken once.
	if b.work, err = b.stream(ctx, jetstream.StreamConfig{
		Name: workStream, Subjects: []string{"attest.work.>"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.FileStorage,
		Duplicates: 2 * time.Minute,
	}); err != nil {
		return err
	}
	if b.results, err = b.stream(ctx, jetstream.StreamConfig{
		Name: resultStream, Subjects: []string{"attest.result.>", "attest.step.>", "attest.out.>", "attest.dispute.>"},
		Storage: jetstream.FileStorage, Duplicates: 2 * time.Minute, AllowDirect: true,
	}); err != nil {
		return err
	}
	if b.plans, err = b.bucket(ctx, jetstream.KeyValueConfig{Bucket: planBucket, Storage: jetstream.FileStorage}); err != nil {
		return err
	}
	if b.workers, err = b.presence(ctx); err != nil {
		return err
	}
	if b.objects, err = b.depot(ctx, jetstream.ObjectStoreConfig{Bucket: objectBucket, Storage: jetstream.FileStorage}); err != nil || replicas == 0 {
		return err
	}
	return b.replicate(ctx, replicas)
}

// presence is where workers report that they are alive. The server keeps it in memory, so one that starts again has lost
// it, and whoever misses it first makes it again.
func (b *Bus) presence(ctx context.Context) (jetstream.KeyValue, error) {
	return b.bucket(ctx, jetstream.KeyValueConfig{Bucket: workerBucket, Storage: jetstream.MemoryStorage, TTL: 3 * heartbeat})
}

func (b *Bus) stream(ctx context.Context, c jetstream.StreamConfig) (jetstream.Stream, error) {
	return there(ctx, jetstream.ErrStreamNotFound,
		func(ctx context.Context) (jetstream.Stream, error) { return b.js.Stream(ctx, c.Name) },
		func(ctx context.Context) (jetstream.Stream, error) { return b.js.CreateOrUpdateStream(ctx, c) })
}

func (b *Bus) bucket(ctx context.Context, c jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	return there(ctx, jetstream.ErrBucketNotFound,
		func(ctx context.Context) (jetstream.KeyValue, error) { return b.js.KeyValue(ctx, c.Bucket) },
		func(ctx context.Context) (jetstream.KeyValue, error) { return b.js.CreateOrUpdateKeyValue(ctx, c) })
}

func (b *Bus) depot(ctx context.Context, c jetstream.ObjectStoreConfig) (jetstream.ObjectStore, error) {
	return there(ctx, jetstream.ErrBucketNotFound,
		func(ctx context.Context) (jetstream.ObjectStore, error) { return b.js.ObjectStore(ctx, c.Bucket) },
		func(ctx context.Context) (jetstream.ObjectStore, error) {
			return b.js.CreateOrUpdateObjectStore(ctx, c)
		})
}

// there gets what may be there already, or makes it where the error of getting it is none. What is there stays as it is: whoever
// runs the servers may have given it more copies or another limit.
func there[T any](ctx context.Context, none error, get, create func(context.Context) (T, error)) (T, error) {
	return settled(ctx, func(ctx context.Context) (T, error) {
		found, err := get(ctx)
		if errors.Is(err, none) {
			return create(ctx)
		}
		return found, err
	})
}

// Close ends the connection.
func (b *Bus) Close() { b.conn.Close() }

// Headers of a stored message.
const (
	objectHeader  = "Attest-Object"  // where its content is, if it is not in the message
	summaryHeader = "Attest-Summary" // what is in it, for who only counts
)

// errNone means that nothing is stored under a name.
var errNone = errors.New("nothing is stored")

// store keeps content under a subject that is taken once. once is false where something is there already, be it the same.
// While the server cannot be reached, or has no room, it tries again until ctx ends; tell, where not nil, hears of it.
func (b *Bus) store(ctx context.Context, subject string, content []byte, summary string, tell func(error)) (once bool, err error) {
	m := nats.NewMsg(subject)
	m.Header.Set(jetstream.MsgIDHeader, subject)
	if summary != "" {
		m.Header.Set(summaryHeader, summary)
	}
	object := ""
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		once, err = b.storeNow(ctx, m, content, &object)
		if err == nil || ctx.Err() != nil {
			break
		}
		if lost := b.Lost(); lost != nil {
			return false, lost
		}
		if tell != nil {
			tell(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	if err == nil && !once && object != "" {
		_ = b.objects.Delete(ctx, object) // nobody points to it
	}
	return once, err
}

func (b *Bus) storeNow(ctx context.Context, m *nats.Msg, content []byte, object *string) (once bool, err error) {
	m.Data = content
	if len(content) > b.inline {
		if *object == "" {
			name := m.Subject + "." + nats.NewInbox()[len("_INBOX."):]
			if _, err := b.objects.PutBytes(ctx, name, content); err != nil {
				return false, err
			}
			*object = name
		}
		m.Data = nil
		m.Header.Set(objectHeader, *object)
	}
	within, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	ack, err := b.js.PublishMsg(within, m, jetstream.WithExpectLastSequencePerSubject(0))
	var api *jetstream.APIError
	switch {
	case errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant):
		return false, nil
	case err != nil:
		return false, err
	}
	return !ack.Duplicate, nil
}

// stored is a message of the result stream.
type stored struct {
	subject string
	header  nats.Header
	data    []byte
	time    time.Time // by the server's clock
}

// at returns what is stored under a subject, which may end in a wildcard: then the last; errNone: nothing.
func (b *Bus) at(ctx context.Context, subject string) (*stored, error) {
	m, err := b.results.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, errNone
	}
	if err != nil {
		return nil, err
	}
	return &stored{m.Subject, m.Header, m.Data, m.Time}, nil
}

func (b *Bus) has(ctx context.Context, subject string) (bool, error) {
	_, err := b.at(ctx, subject)
	if errors.Is(err, errNone) {
		return false, nil
	}
	return err == nil, err
}

// content is what the message is about, be it in the message or in the object store.
func (b *Bus) content(ctx context.Context, s *stored) ([]byte, error) {
	name := s.header.Get(objectHeader)
	if name == "" {
		return s.data, nil
	}
	if !strings.HasPrefix(name, s.subject+".") {
		return nil, fmt.Errorf("%s: its content is said to be in %q, which is not its own", s.subject, name)
	}
	object, err := b.objects.Get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer object.Close()
	data, err := io.ReadAll(io.LimitReader(object, maxStored+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > maxStored {
		return nil, fmt.Errorf("%s: more than %d bytes", name, maxStored)
	}
	return data, nil
}
