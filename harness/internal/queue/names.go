package queue

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The streams and stores, and the subjects in them.
const (
	workStream   = "ATTEST_WORK"
	resultStream = "ATTEST_RESULT"
	planBucket   = "attest_plan"
	workerBucket = "attest_worker"
	objectBucket = "attest_object"
)

// run names one run of a campaign.
type run struct {
	campaign string
	number   int // of the plan's runs, from 0
}

func (r run) token() string { return r.campaign + "." + strconv.Itoa(r.number) }

func (r run) workSubject() string { return "attest.work." + r.token() }
func (r run) consumer() string    { return "w_" + r.campaign + "_" + strconv.Itoa(r.number) }

func (r run) resultSubject(batch, first int) string {
	return fmt.Sprintf("attest.result.%s.%d.%d", r.token(), batch, first)
}
func (r run) results() string             { return "attest.result." + r.token() + ".>" }
func (r run) stepSubject(step int) string { return fmt.Sprintf("attest.step.%s.%d", r.token(), step) }
func (r run) steps() string               { return "attest.step." + r.token() + ".*" }
func (r run) outSubject(step int) string  { return fmt.Sprintf("attest.out.%s.%d", r.token(), step) }
func (r run) disputes() string            { return "attest.dispute." + r.token() + ".>" }
func (r run) disputeSubject(batch, first int) string {
	return fmt.Sprintf("attest.dispute.%s.%d.%d", r.token(), batch, first)
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// CheckName refuses what is no campaign's name: it stands in subjects and in files' names.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("campaign %q: want up to 40 small letters, digits and hyphens", name)
	}
	return nil
}

// pathForm is what a path's name on the wire may hold: it is compared, never opened.
var pathForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.+-]{0,39}$`)

func checkPath(name string) error {
	if !pathForm.MatchString(name) {
		return fmt.Errorf("path %q: want a name of up to 40 letters, digits and _.+-; a worker's own configuration says what it stands for, as in --path mine=lib:./libmine.so", name)
	}
	return nil
}

// The modes that a plan may ask for: options of paths host and msl:.
var modeValues = map[string][]string{
	"math":     {"safe", "fast", "fast-folded"},
	"schedule": {"forward", "reverse", "random", "lockstep"},
	"check":    {"true"},
}

func checkModes(modes string) error {
	if modes == "" {
		return nil
	}
	for _, one := range strings.Split(modes, "&") {
		name, value, _ := strings.Cut(one, "=")
		allowed, ok := modeValues[name]
		if !ok {
			return fmt.Errorf("modes %q: want math=, schedule= or check=, joined with &", modes)
		}
		for _, v := range strings.Split(value, ",") {
			if !slices.Contains(allowed, v) {
				return fmt.Errorf("modes: %s=%s; want %s", name, v, strings.Join(allowed, ", "))
			}
		}
	}
	return nil
}

// tagForm is what a tag looks like.
var tagForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,31}$`)

// CheckTag refuses what is no tag.
func CheckTag(tag string) error {
	if !tagForm.MatchString(tag) {
		return fmt.Errorf("tag %q: want up to 32 small letters, digits and _.-, such as metal or m3", tag)
	}
	return nil
}
