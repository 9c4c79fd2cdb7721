package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json/v1"

	"attest.example/attest/harness/internal/queue"
)

func statusCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "campaign status", "[--name NAME] [--watch] [--http ADDRESS]",
		"Tells how far a campaign is; without --name, which campaigns there are.")
	bus := flags.busFlags()
	name := flags.String("name", "", "the campaign")
	watch := flags.Bool("watch", false, "go on telling until it is done")
	address := flags.String("http", "", "serve its report meanwhile on a loopback address, such as 127.0.0.1:8080; port 0: any")
	asJSON := flags.Bool("json", false, "print one JSON object")
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	if *name == "" && (*watch || *address != "") {
		return t.complain("campaign status: --name is missing")
	}
	b, status := bus.connect(ctx, flags)
	if status >= 0 {
		return status
	}
	defer b.Close()
	if *name == "" {
		names, err := b.Names(ctx)
		if err != nil {
			return t.complain("campaign status: %v", err)
		}
		if *asJSON {
			line, err := json.Marshal(map[string][]string{"campaigns": append([]string{}, names...)})
			if err != nil {
				return t.complain("campaign status: %v", err)
			}
			names = []string{string(line)}
		}
		for _, n := range names {
			fmt.Fprintln(t.out, n)
		}
		return conforms
	}
	f, err := b.Follow(ctx, *name)
	if err != nil {
		return t.complain("campaign status: %v", err)
	}
	if *address != "" {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		failed := make(chan error, 1)
		go func() {
			failed <- b.Page(ctx, *name, *address, func(url string) { fmt.Fprintf(t.err, "the report is at %s\n", url) })
		}()
		return follow(ctx, t, f, true, *asJSON, failed)
	}
	return follow(ctx, t, f, *watch, *asJSON, nil)
}

// follow prints a status, or again and again where it is to watch: on a terminal in place.
func follow(ctx context.Context, t terminal, f *queue.Follower, watch, asJSON bool, failed <-chan error) int {
	var live *redraw
	if watch && !asJSON {
		live = newRedraw(t.out)
	}
	before := ""
	for {
		s, err := f.Status(ctx)
		switch {
		case ctx.Err() != nil:
			return conforms
		case err != nil && f.Lost() != nil:
			return t.complain("campaign status: %v", f.Lost())
		case err != nil && !watch:
			return t.complain("campaign status: %v", err)
		case err != nil: // a server that comes back is no reason to end
			fmt.Fprintf(t.err, "attest: campaign status: %v\n", err)
			if live != nil {
				live.last = nil // go on below it
			}
		case asJSON:
			line, err := json.Marshal(s)
			if err != nil {
				return t.complain("campaign status: %v", err)
			}
			if string(line) != before {
				fmt.Fprintf(t.out, "%s\n", line)
			}
			before = string(line)
		default:
			text := s.Text()
			switch {
			case live != nil:
				live.draw(text)
			case text != before:
				fmt.Fprint(t.out, text)
			}
			before = text
		}
		// A page is there for as long as somebody looks at it.
		if err == nil && (!watch || s.Done() && failed == nil) {
			return conforms
		}
		select {
		case <-ctx.Done():
			return conforms
		case err := <-failed:
			if err != nil {
				return t.complain("campaign status: %v", err)
			}
		case <-time.After(time.Second):
		}
	}
}

func collectCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "campaign merge", "--name NAME [--out DIR]",
		"Makes one run directory of what a campaign has come to; of several paths, one each below DIR. Nothing is run.")
	bus := flags.busFlags()
	name := flags.String("name", "", "the campaign")
	out := flags.String("out", "", "the run directory; default runs/DATE-TIME-NAME")
	asJSON := flags.Bool("json", false, "print one JSON object for each path")
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	if *out == "" {
		var free func()
		*out, free = defaultDir(*name, time.Now())
		defer free()
	}
	b, status := bus.connect(ctx, flags)
	if status >= 0 {
		return status
	}
	defer b.Close()
	list, err := b.Merge(ctx, *name, *out)
	if err != nil {
		return t.complain("campaign merge: %v", err)
	}
	worst := conforms
	for _, m := range list {
		if len(list) > 1 && !*asJSON {
			fmt.Fprintf(t.out, "\n%s: %s\n", *name, m.Run)
		}
		switch status := finish(t, m.Summary, filepath.Clean(m.Dir), *asJSON); {
		case status == nonconform || worst == nonconform:
			worst = nonconform
		default:
			worst = max(worst, status)
		}
	}
	return worst
}

func cancelCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "campaign cancel", "--name NAME", "Ends a campaign. What has come back stays, and can be merged.")
	bus := flags.busFlags()
	name := flags.String("name", "", "the campaign")
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	b, status := bus.connect(ctx, flags)
	if status >= 0 {
		return status
	}
	defer b.Close()
	if err := b.Cancel(ctx, *name); err != nil {
		return t.complain("campaign cancel: %v", err)
	}
	fmt.Fprintf(t.out, "campaign %s is cancelled\n", *name)
	return conforms
}
