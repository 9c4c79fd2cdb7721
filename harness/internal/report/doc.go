// Package report writes report.html, one page about one or several run directories for a person who has a minute. The
// page needs nothing beside itself: styles, plots and the little script are in it, and nothing is loaded. The package
// reads what package record wrote; it runs and judges nothing.
package report
