// Package bench times paths: the table of shapes by which attention kernels are compared, how many dispatches really
// ran, whether a rate can be true at all, and what a call costs from Go beside the same call from C. It never judges
// an output: package trial judges whether a path is right, and a path that is wrong has no speed.
//
// # Time
//
// The time of a dispatch is by the device's clock where the path has one, else the wall time of the call. Both stand in
// the report. The warm-up lasts a time and not a number of calls, since clocks and caches settle by time. Samples are
// single dispatches; the report gives their median, minimum and spread, which is half the distance between the
// quartiles by the median.
//
// # Two runs
//
// A shared machine is slower for minutes at a time, and dispatches of one such stretch agree with each other. So the
// table is timed in several passes, and what a file for comparison holds is one sample of each row and pass. Between
// the rounds the device runs fixed arithmetic, the yardstick (see package peak): a dispatch's time by the yardstick's in
// the same moments is the same on a busy machine as on a quiet one.
//
// # Trust
//
// A library that is told to dispatch five times and dispatches once reports five times its speed. So the number of
// dispatches varies from call to call, a line is fitted to the wall time, and its slope is held against the time that
// each dispatch is said to take (see [Count]). And every rate is held against the device's peak, measured in the same
// run (see package peak).
package bench
