package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// agreement is how long servers of a cluster may take to agree on a stream or on a first message; alone one answers at once.
const agreement = 30 * time.Second

// How long one question may go without an answer, and how long to wait before the next. A cluster that has no leader at the
// moment, as while it starts, answers nothing, and nobody answers later what was asked then.
const (
	answer   = 5 * time.Second
	askAgain = 100 * time.Millisecond
)

// settled asks until the servers of a cluster are in a state to answer, or ctx ends; then its error is the last one.
func settled[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	for {
		asked, cancel := context.WithTimeout(ctx, answer)
		got, err := ask(asked)
		cancel()
		if err == nil || !isUnsettled(err) {
			return got, err
		}
		select {
		case <-ctx.Done():
			return got, err
		case <-time.After(askAgain):
		}
	}
}

// Errors of servers that do not know each other well enough yet; the numbers are the ones of NATS's errors.json.
const (
	noPeers      = jetstream.ErrorCode(10005)
	incomplete   = jetstream.ErrorCode(10004)
	notAvailable = jetstream.ErrorCode(10008)
	notLeader    = jetstream.ErrorCode(10009)
)

// isUnsettled says whether a cluster may answer otherwise soon: it has no leader, or its leader has not yet heard from
// servers that it needs. A cluster that has too few servers has no peers either, and will not have them soon: which of both
// it is stands in the words alone.
func isUnsettled(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode {
	case incomplete, notAvailable, notLeader:
		return true
	case noPeers:
		return strings.Contains(api.Description, "offline") || strings.Contains(api.Description, "miscellaneous")
	}
	return false
}

// replicate makes the servers of a cluster keep so many copies of everything.
func (b *Bus) replicate(ctx context.Context, replicas int) error {
	for _, name := range []string{workStream, resultStream, "KV_" + planBucket, "KV_" + workerBucket, "OBJ_" + objectBucket} {
		s, err := settled(ctx, func(ctx context.Context) (jetstream.Stream, error) { return b.js.Stream(ctx, name) })
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c := s.CachedInfo().Config
		if c.Replicas == replicas {
			continue
		}
		c.Replicas = replicas
		if _, err := settled(ctx, func(ctx context.Context) (jetstream.Stream, error) { return b.js.UpdateStream(ctx, c) }); err != nil {
			return fmt.Errorf("%d copies of %s: %w; want as many as the cluster has servers at most, and 1, 3 or 5", replicas, name, err)
		}
		if err := agreed(ctx, s, replicas); err != nil {
			return fmt.Errorf("%d copies of %s: %w", replicas, name, err)
		}
	}
	return nil
}

// agreed waits until a stream has all its copies and a server that leads them: what is sent before that nobody answers.
func agreed(ctx context.Context, s jetstream.Stream, replicas int) error {
	for {
		asked, cancel := context.WithTimeout(ctx, answer)
		info, err := s.Info(asked)
		cancel()
		if err == nil && info.Config.Replicas == replicas && isWhole(info.Cluster, replicas) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the servers of the cluster did not agree on it within %s; is one of them not there?", agreement)
		case <-time.After(askAgain):
		}
	}
}

func isWhole(c *jetstream.ClusterInfo, replicas int) bool {
	if c == nil { // one server, which is no cluster
		return replicas == 1
	}
	return c.Leader != "" && len(c.Replicas) == replicas-1 && !slices.ContainsFunc(c.Replicas, func(p *jetstream.PeerInfo) bool { return !p.Current })
}
