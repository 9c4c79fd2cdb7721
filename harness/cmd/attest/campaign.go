package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"attest.example/attest/harness/internal/campaign"
	"attest.example/attest/harness/internal/corpus"
	"attest.example/attest/harness/internal/engine"
	"attest.example/attest/harness/internal/gen"
	"attest.example/attest/harness/internal/ledger"
	"attest.example/attest/harness/internal/queue"
)

const campaignUsage = `usage: attest campaign VERB [flags]
One run on many machines, which come and go, by way of a queue (NATS JetStream).

  serve     a queue on this machine, stored in a folder; or use --nats URL with one that is there
  submit    a campaign: what to draw, how much, on which paths
  work      take items of campaigns and do them, on this machine's own paths
  status    how far a campaign is; --http serves its report while it runs
  merge     one run directory of what has come back
  cancel    end a campaign

attest campaign VERB --help tells a verb's flags.
`

func campaignCommand(ctx context.Context, t terminal, args []string) int {
	verbs := map[string]func(context.Context, terminal, []string) int{
		"serve": serveCommand, "submit": submitCommand, "work": workCommand,
		"status": statusCommand, "merge": collectCommand, "cancel": cancelCommand,
	}
	if len(args) > 0 {
		if verb := verbs[args[0]]; verb != nil {
			return verb(ctx, t, args[1:])
		}
		if slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
			fmt.Fprint(t.out, campaignUsage)
			return conforms
		}
		return t.complain("campaign: there is no verb %q; attest campaign --help lists them", args[0])
	}
	fmt.Fprint(t.err, campaignUsage)
	return misuse
}

// busFlags say where the queue is and who this is.
type busFlags struct {
	options   queue.ConnectOptions
	tokenFile string
}

func (f flagSet) busFlags() *busFlags {
	b := &busFlags{}
	f.StringVar(&b.options.URL, "nats", "", "the queue: nats://HOST:PORT, of a cluster several with commas")
	f.StringVar(&b.options.Dir, "dir", "", "instead: the folder of a queue that attest campaign serve has on this machine")
	f.StringVar(&b.tokenFile, "token-file", "", "a file with the token that the queue wants")
	f.StringVar(&b.options.Credentials, "creds", "", "a file of NATS credentials")
	f.StringVar(&b.options.Authority, "tls-ca", "", "the certificate of the authority that signed the other side's, PEM")
	f.StringVar(&b.options.Certificate, "tls-cert", "", "this side's certificate, PEM")
	f.StringVar(&b.options.Key, "tls-key", "", "its key, PEM")
	return b
}

func (b *busFlags) connect(ctx context.Context, f flagSet) (*queue.Bus, int) {
	if (b.options.URL == "") == (b.options.Dir == "") {
		return nil, f.t.complain("%s: want --nats URL or --dir FOLDER", f.Name())
	}
	var err error
	if b.options.Token, err = readToken(b.tokenFile); err != nil {
		return nil, f.t.complain("%s: --token-file: %v", f.Name(), err)
	}
	if b.options.Token != "" && b.options.Credentials != "" {
		return nil, f.t.complain("%s: --token-file and --creds are two answers to one question; want one of them", f.Name())
	}
	bus, err := queue.Connect(ctx, b.options)
	if err != nil {
		return nil, f.t.complain("%s: %v", f.Name(), err)
	}
	return bus, -1
}

func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("%s is empty; want a token", file)
	}
	return token, nil
}

func serveCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "campaign serve", "--dir FOLDER [--listen HOST:PORT] ...",
		"Serves a queue from this process, until it is interrupted. What it stores lies in the folder, and is there again the next time.")
	o := queue.ServerOptions{}
	flags.StringVar(&o.Dir, "dir", "", "the folder")
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:4222", "where to listen; port 0: any. Beyond this machine only with --token-file, or with TLS and --tls-ca")
	tokenFile := flags.String("token-file", "", "a file with a token that clients must show")
	flags.StringVar(&o.Certificate, "tls-cert", "", "the certificate, PEM")
	flags.StringVar(&o.Key, "tls-key", "", "its key, PEM")
	flags.StringVar(&o.Authority, "tls-ca", "", "clients must show a certificate of this authority, PEM")
	flags.Func("max-store", "most bytes that are stored: 512MiB, 20GiB; default three quarters of what is free", func(text string) (err error) {
		o.MaxStore, err = parseSize(text)
		return err
	})
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	if o.Dir == "" {
		return t.complain("campaign serve: --dir is missing")
	}
	var err error
	if o.Token, err = readToken(*tokenFile); err != nil {
		return t.complain("campaign serve: --token-file: %v", err)
	}
	s, err := queue.Serve(o)
	if err != nil {
		return t.complain("campaign serve: %v", err)
	}
	defer s.Close()
	fmt.Fprintf(t.out, "serving %s from %s\n", s.URL(), o.Dir)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return conforms
		case <-tick.C:
			if err := s.Healthy(); err != nil {
				return t.complain("campaign serve: %s: %v", o.Dir, err)
			}
		}
	}
}

func submitCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "campaign submit", "--name NAME --path P ... [flags]",
		"Puts a campaign into the queue. A path is a name; each worker's own --path says what it stands for there.\n"+
			"What is drawn is what attest run draws with the same flags.")
	bus := flags.busFlags()
	name := flags.String("name", "", "of the campaign: small letters, digits, hyphens")
	var runs []queue.PlannedRun
	flags.several("path", "a path by its name, or NAME?MODES as in host?math=fast&schedule=random; may stand several times, a run each (default naive)", func(text string) error {
		path, modes, _ := strings.Cut(text, "?")
		runs = append(runs, queue.PlannedRun{Path: path, Modes: modes})
		return nil
	})
	var need []string
	flags.several("need", "a tag that a worker must have, such as metal; may stand several times", func(tag string) error {
		need = append(need, tag)
		return queue.CheckTag(tag)
	})
	var folders []string
	flags.several("corpus", "replay these case files, a file or a folder, instead of drawing cases; may stand several times", func(path string) error {
		folders = append(folders, path)
		return nil
	})
	flags.IntVar(&bus.options.Replicas, "replicas", 0, "in a cluster: how many of its servers keep each thing that is in the queue, 1, 3 or 5 (default as it is, at first 1)")
	item := flags.Int("item", queue.DefaultItem, "cases that a worker takes at once; a few seconds are right")
	o := campaign.Options{Preset: gen.Default, Workers: 1}
	flags.drawFlags(&o)
	flags.IntVar(&o.Relations, "relations", campaign.DefaultRelations, "relations checked on each case; -1: all that apply")
	flags.DurationVar(&o.Deadline, "deadline", campaign.DefaultDeadline, "longest time for one call of the path")
	isolate := flags.Bool("isolate", true, "run the path in processes of its own; a worker may insist on it")
	known := flags.String("known", "", "the file of known failures, which do not count; default "+ledger.File+" where that exists")
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	o.Ledger, o.Isolate = *known, *isolate
	if _, err := os.Stat(ledger.File); err == nil && !flags.given("known") {
		o.Ledger = ledger.File
	}
	if status := checkRun(flags, &o); status >= 0 {
		return status
	}
	text := ""
	if o.Ledger != "" {
		if _, err := ledger.Read(o.Ledger); err != nil {
			return t.complain("campaign submit: %v", err)
		}
		data, err := os.ReadFile(o.Ledger)
		if err != nil {
			return t.complain("campaign submit: %v", err)
		}
		text = string(data)
	}
	if len(runs) == 0 {
		runs = []queue.PlannedRun{{Path: "naive"}}
	}
	var p *queue.Plan
	var err error
	if folders == nil {
		p, err = queue.NewPlan(*name, runs, *item, need, text, o)
	} else {
		filters, _ := gen.FilterNames()
		for _, drawn := range append(filters, "cases", "time", "peel", "preset", "seed", "exclude", "triggers", "reduce", "reduce-calls") {
			if status := flags.exclusive("corpus", drawn); status >= 0 {
				return status
			}
		}
		items, damaged := corpus.Load(folders...)
		if len(damaged) > 0 {
			return t.complain("campaign submit: %v", errors.Join(damaged...))
		}
		if !flags.given("item") {
			*item = engine.SequenceLength
		}
		p, err = queue.NewReplay(*name, runs, *item, need, text, o, items)
	}
	if err != nil {
		return t.complain("campaign submit: %v", err)
	}
	b, status := bus.connect(ctx, flags)
	if status >= 0 {
		return status
	}
	defer b.Close()
	if err := b.Submit(ctx, p); err != nil {
		return t.complain("campaign submit: %v", err)
	}
	fmt.Fprintf(t.out, "campaign %s is in the queue\n", *name)
	return conforms
}

func workCommand(ctx context.Context, t terminal, args []string) int {
	flags := newFlags(t, "campaign work", "--path NAME[=PATH] ... [flags]",
		"Takes items of campaigns and does them, until it is interrupted. It runs the paths that stand here and no others:\n"+
			"--path naive, --path host, --path mine=lib:./libmine.so. A campaign of another attest is refused, with the commit that it wants.")
	bus := flags.busFlags()
	o := queue.WorkOptions{Paths: map[string]string{}, Log: func(text string) { fmt.Fprintln(t.err, text) }}
	flags.several("path", "a path that it offers: a name by which campaigns ask, and after = what it stands for here; may stand several times", func(text string) error {
		name, spec, named := strings.Cut(text, "=")
		if !named {
			spec = name
		}
		if name == "" || spec == "" || strings.ContainsAny(name, ":?/") {
			return errors.New("want NAME or NAME=PATH, such as naive or mine=lib:./libmine.so")
		}
		if before, twice := o.Paths[name]; twice {
			return fmt.Errorf("%s is given twice, for %s and for %s; want it once", name, before, spec)
		}
		o.Paths[name] = spec
		return nil
	})
	flags.several("tag", "what this machine is: metal, cuda, m3; may stand several times", func(tag string) error {
		o.Tags = append(o.Tags, tag)
		return queue.CheckTag(tag)
	})
	host, _ := os.Hostname()
	flags.StringVar(&o.Name, "name", fmt.Sprintf("%s-%d", host, os.Getpid()), "of the worker, for people")
	flags.IntVar(&o.Workers, "workers", 1, "items at once")
	flags.DurationVar(&o.Idle, "idle", 0, "leave when there was nothing to do for so long; 0: stay")
	isolation := flags.isolationFlags()
	if _, status := flags.parse(args, 0, 0); status >= 0 {
		return status
	}
	o.Isolation = *isolation
	switch {
	case len(o.Paths) == 0:
		return t.complain("campaign work: --path is missing; want the paths that this worker offers")
	case o.Idle < 0:
		return t.complain("campaign work: --idle %v; want 0 or more", o.Idle)
	}
	if status := flags.checkWorkers(o.Workers); status >= 0 {
		return status
	}
	b, status := bus.connect(ctx, flags)
	if status >= 0 {
		return status
	}
	defer b.Close()
	if err := queue.Work(ctx, b, o); err != nil {
		return t.complain("campaign work: %v", err)
	}
	return conforms
}
