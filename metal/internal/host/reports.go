package host

/*
#include <stdlib.h>
#include "host.h"
*/
import "C"

import (
	"unsafe"

	"attest.example/attest/metal/internal/device"
)

// The numbers of host.h are those of package device.
const (
	_ = uint(device.OutOfBounds-C.HOST_OUT_OF_BOUNDS) + uint(C.HOST_OUT_OF_BOUNDS-device.OutOfBounds)
	_ = uint(device.PartialSIMD-C.HOST_PARTIAL_SIMD) + uint(C.HOST_PARTIAL_SIMD-device.PartialSIMD)
)

// takeReports takes what the checkers have found so far out of the device, in the order in which it was found first.
func takeReports(of *C.gpu_device) []device.Report {
	const room = 256
	list := (*C.host_report)(C.calloc(room, C.sizeof_host_report))
	defer C.free(unsafe.Pointer(list))
	found := unsafe.Slice(list, int(C.host_take_reports(of, list, room)))
	reports := make([]device.Report, 0, len(found))
	tables := lineTables{}
	for i := range found {
		reports = append(reports, reportOf(&found[i], tables))
	}
	return merge(reports)
}

// takeMessages takes the lines that kernels have logged with os_log.
func takeMessages(of *C.gpu_device) []string {
	var lines []string
	buffer := make([]C.char, 512)
	for C.host_take_message(of, &buffer[0], C.size_t(len(buffer))) {
		lines = append(lines, C.GoString(&buffer[0]))
	}
	return lines
}

// merge makes one report of those with the same text for the same lines: a line may be several places in the code.
func merge(reports []device.Report) []device.Report {
	type key struct {
		kind              device.ReportKind
		kernel, object    string
		write, otherWrite bool
		file, otherFile   string
		line, otherLine   int
		otherAbsent       bool
	}
	seen := map[key]int{}
	var merged []device.Report
	for _, r := range reports {
		k := key{kind: r.Kind, kernel: r.Kernel, object: r.Object, write: r.Access.Write, file: r.Access.File,
			line: r.Access.Line, otherAbsent: r.Other == nil}
		if r.Other != nil {
			k.otherWrite, k.otherFile, k.otherLine = r.Other.Write, r.Other.File, r.Other.Line
		}
		if i, ok := seen[k]; ok {
			merged[i].Count += r.Count
			continue
		}
		seen[k] = len(merged)
		merged = append(merged, r)
	}
	return merged
}

func reportOf(c *C.host_report, tables lineTables) device.Report {
	module := C.GoString(&c.module[0])
	r := device.Report{
		Kind:        device.ReportKind(c.kind),
		Kernel:      C.GoString(&c.kernel[0]),
		Object:      C.GoString(&c.object[0]),
		Offset:      int64(c.offset),
		ObjectBytes: int64(c.object_bytes),
		Bytes:       int(c.bytes),
		Access:      accessOf(&c.access, module, tables),
		Lanes:       uint32(c.lanes),
		Missing:     uint32(c.missing),
		OneGroup:    bool(c.one_simdgroup),
		Order:       int(c.order),
		Count:       int(c.count),
		Detail:      C.GoString(&c.detail[0]),
	}
	if c.has_other {
		other := accessOf(&c.other, module, tables)
		r.Other = &other
	}
	return r
}

func accessOf(c *C.host_access, module string, tables lineTables) device.Access {
	a := device.Access{SIMDGroup: int(c.simdgroup), Lane: int(c.lane), Write: bool(c.write), Atomic: bool(c.atomic), Line: int(c.line)}
	for i := range 3 {
		a.Threadgroup[i], a.Thread[i] = int(c.threadgroup[i]), int(c.thread[i])
	}
	if a.Line == 0 && c.site != 0 {
		a.File, a.Line = tables.line(module, uint64(c.site)-1) // the site is where the call returns to
	}
	return a
}
