package host

/*
#include "host.h"
*/
import "C"

// Messages takes the lines that kernels have logged with os_log since they were last taken, oldest first. A line is its
// level, the thread's position in the grid, subsystem and category where they are named, and the message.
func (d *Device) Messages() []string {
	var lines []string
	buffer := make([]C.char, 512)
	for C.host_take_message(d.api.device, &buffer[0], C.size_t(len(buffer))) {
		lines = append(lines, C.GoString(&buffer[0]))
	}
	return lines
}
