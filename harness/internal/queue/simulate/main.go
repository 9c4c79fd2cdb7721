// Command simulate plays a campaign of many workers on one queue, by figures that were measured on one machine, and tells
// what the queue has to bear: see SCALE.md.
//
// Every worker takes an item, computes, stores the result and acknowledges it; each of these is an operation that the
// server does one after the other. A worker dies now and then, and comes back; its item goes to another when the queue has
// waited for it.
package main

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand"
	"os"
	"text/tabwriter"
	"time"

	"attest.example/attest/metal/cmdline"
)

type figures struct {
	workers   int
	cases     float64
	item      int
	perCase   float64 // seconds of a processor
	overhead  float64 // seconds of a worker for each item, beside its cases
	bytes     float64 // stored for each case
	take      float64 // seconds of the server for each of the operations
	store     float64
	perByte   float64 // likewise, for each byte that is stored
	publish   float64
	heartbeat float64
	roundTrip float64
	alive     float64 // mean seconds until a worker dies; 0: never
	back      float64 // seconds until it is back
	ackWait   float64
	seed      int64
}

// event is when a worker wants something of the server.
type event struct {
	at     float64
	worker int
	stores bool // the result of an item; else it takes one
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

// outcome is what a campaign took.
type outcome struct {
	seconds, ideal  float64
	busy            float64 // seconds of the server
	messages        float64
	longest         float64 // that an operation waited for the server
	deaths, redone  int
	gigabytes       float64
	publishing      float64 // seconds until all items were out
	perSecond, used float64
}

// What is larger than inline goes to the object store, in chunks.
const inline, chunk = 384 << 10, 128 << 10

func simulate(f figures) outcome {
	dice := rand.New(rand.NewSource(f.seed))
	var o outcome
	items := int(math.Ceil(f.cases / float64(f.item)))
	size := f.bytes * float64(f.item)
	store, sent := f.store+size*f.perByte, 3.0 // the result with its acknowledgement by the server, and that of the item
	if size > inline {
		sent += 3 + math.Ceil(size/chunk)
	}
	o.publishing = float64(items) * f.publish
	o.busy = o.publishing // while the workers have begun: the queue hands out what is there
	o.messages = float64(items)
	var waiting events
	for w := range f.workers {
		heap.Push(&waiting, event{at: dice.Float64(), worker: w})
	}
	free := 0.0 // when the server is
	serve := func(at, takes float64, messages float64) float64 {
		o.longest = max(o.longest, free-at)
		free = max(free, at) + takes
		o.busy += takes
		o.messages += messages
		return free + f.roundTrip
	}
	left, lost := items, []float64(nil) // items that nobody has taken, and when those of the dead come back
	stored := 0
	for stored < items {
		e := heap.Pop(&waiting).(event)
		o.seconds = max(o.seconds, e.at)
		if e.stores {
			done := serve(e.at, store, sent)
			stored++
			heap.Push(&waiting, event{at: done, worker: e.worker})
			o.seconds = max(o.seconds, done)
			continue
		}
		switch {
		case left > 0:
			left--
		case len(lost) > 0 && lost[0] <= e.at:
			lost = lost[1:]
			o.redone++
		default: // it asks again a second later
			heap.Push(&waiting, event{at: serve(e.at, f.take/4, 2) + 1, worker: e.worker})
			continue
		}
		begun := serve(e.at, f.take, 3)
		took := f.overhead + float64(f.item)*f.perCase*math.Exp(0.4*dice.NormFloat64()-0.08) // items differ, their mean does not
		if f.alive > 0 && dice.ExpFloat64()*f.alive < took {
			o.deaths++
			dies := begun + took*dice.Float64()
			lost = append(lost, dies+f.ackWait)
			heap.Push(&waiting, event{at: dies + f.back, worker: e.worker})
			continue
		}
		beats := math.Floor(took / (f.ackWait / 4))
		o.messages += beats
		o.busy += beats * f.heartbeat
		heap.Push(&waiting, event{at: begun + took, worker: e.worker, stores: true})
	}
	o.ideal = f.cases * f.perCase / float64(f.workers)
	o.gigabytes = f.cases * f.bytes / 1e9
	o.perSecond, o.used = o.messages/o.seconds, o.busy/o.seconds
	return o
}

func main() {
	f := figures{}
	flag := cmdline.New("simulate")
	flag.IntVar(&f.workers, "workers", 1000, "workers, a processor each")
	flag.Float64Var(&f.cases, "cases", 1e9, "cases")
	flag.Float64Var(&f.perCase, "case-seconds", 0.028, "processor seconds of a case")
	flag.Float64Var(&f.overhead, "item-seconds", 0.020, "seconds of a worker for each item, beside its cases")
	flag.Float64Var(&f.bytes, "case-bytes", 180, "bytes that are stored of a case, compressed")
	flag.Float64Var(&f.take, "take-seconds", 100e-6, "seconds of the server for an item that is taken and acknowledged")
	flag.Float64Var(&f.store, "store-seconds", 135e-6, "seconds of the server for a result that is stored")
	flag.Float64Var(&f.perByte, "store-byte-seconds", 1.7e-9, "likewise, for each byte of it")
	flag.Float64Var(&f.publish, "publish-seconds", 19e-6, "seconds of the server for an item that is put into the queue")
	flag.Float64Var(&f.heartbeat, "heartbeat-seconds", 19e-6, "seconds of the server for a heartbeat")
	flag.Float64Var(&f.roundTrip, "round-trip", 0.040, "seconds between a worker and the server")
	flag.Float64Var(&f.alive, "alive", 6*3600, "mean seconds until a worker dies; 0: never")
	flag.Float64Var(&f.back, "back", 300, "seconds until it is back")
	flag.Float64Var(&f.ackWait, "ack-wait", 30, "seconds until the item of a dead worker goes to another")
	flag.Int64Var(&f.seed, "seed", 1, "of the dice")
	if _, status, done := cmdline.Arguments(flag, "[flags]", 0, 0, os.Args[1:], os.Stdout, os.Stderr); done {
		os.Exit(status)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "cases an item\titems\thours\tideal\tefficiency\tmessages/s\tserver busy\tlongest wait\tdeaths\tagain\tstored\t\n")
	for _, f.item = range []int{128, 512, 2048, 8192} {
		o := simulate(f)
		fmt.Fprintf(w, "%d\t%.0f\t%.2f\t%.2f\t%.1f %%\t%.0f\t%.1f %%\t%v\t%d\t%d\t%.0f GB\t\n",
			f.item, math.Ceil(f.cases/float64(f.item)), o.seconds/3600, o.ideal/3600, 100*o.ideal/o.seconds, o.perSecond, 100*o.used,
			time.Duration(o.longest*float64(time.Second)).Round(time.Millisecond), o.deaths, o.redone, o.gigabytes)
	}
	w.Flush()
}
