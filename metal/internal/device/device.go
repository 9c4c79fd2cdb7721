package device

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"attest.example/attest/metal/internal/lifetime"
)

// Device compiles and runs kernels. It is safe for use by several goroutines at once.
type Device struct {
	api      unsafe.Pointer // a gpu_api, which lives until the last user is gone
	hooks    Hooks
	closed   atomic.Bool
	users    *lifetime.Users
	resource *lifetime.Resource
}

// Hooks are what a device may have beside the six calls. All may be nil.
type Hooks struct {
	// Close frees the device, once all that was made on it is gone.
	Close func()
	// Reports takes the mistakes of kernels that the device saw since the last time.
	Reports func() []Report
	// Lost reports whether the device may work no more in this process, since a kernel failed or did not end.
	Lost func() bool
	// Messages takes the lines that kernels logged since the last time, oldest first.
	Messages func() []string
}

// New makes a device of a gpu_api of device.h, which must live until Hooks.Close.
func New(api unsafe.Pointer, h Hooks) *Device {
	if h.Close == nil {
		h.Close = func() {}
	}
	d := &Device{api: api, hooks: h, users: lifetime.NewUsers(h.Close)}
	d.resource = lifetime.New(d, nil, d.users.Release)
	return d
}

// Info describes a device.
type Info struct {
	Name, Toolchain                 string
	SIMDWidth, MaxThreads           int
	MaxThreadgroupMemory, MaxBuffer uint64
	Page                            int
	Deterministic                   bool
	Processors                      int // that compute a threadgroup each; 0: not known
}

// Info asks the device.
func (d *Device) Info() (Info, error) {
	if d.closed.Load() {
		return Info{}, fmt.Errorf("device: %w", ErrClosed)
	}
	defer runtime.KeepAlive(d)
	return describe(d.api)
}

// API is the device as C sees it, a gpu_api, for the mfa library. It lives as long as Users has one.
func (d *Device) API() (unsafe.Pointer, error) {
	if d.closed.Load() {
		return nil, fmt.Errorf("device: %w", ErrClosed)
	}
	return d.api, nil
}

// Users counts who needs the device, for those who make things on it by API.
func (d *Device) Users() *lifetime.Users { return d.users }

// Reports takes the mistakes that have come together since the last time, from a device that looks for them.
func (d *Device) Reports() ([]Report, error) {
	switch {
	case d.closed.Load():
		return nil, fmt.Errorf("device: %w", ErrClosed)
	case d.hooks.Reports == nil:
		return nil, fmt.Errorf("the device has no checkers: %w", ErrDeviceNotSupported)
	}
	defer runtime.KeepAlive(d)
	return d.hooks.Reports(), nil
}

// Messages takes the lines that kernels have logged with os_log since they were last taken, oldest first. A line is its
// level, the thread's position in the grid, subsystem and category where they are named, and the message. A device that
// keeps none has none.
func (d *Device) Messages() []string {
	if d.closed.Load() || d.hooks.Messages == nil {
		return nil
	}
	defer runtime.KeepAlive(d)
	return d.hooks.Messages()
}

// Lost reports whether the device may work no more in this process: a kernel failed on it, or did not end. A program that
// goes on does so better in a new process.
func (d *Device) Lost() bool {
	if d.closed.Load() || d.hooks.Lost == nil {
		return false
	}
	defer runtime.KeepAlive(d)
	return d.hooks.Lost()
}

// Close ends the device, once all that was made on it has been closed too.
func (d *Device) Close() {
	d.closed.Store(true)
	d.resource.Close()
}

// Memory is page-aligned memory for a kernel's buffer arguments, which Go and the device share.
type Memory struct {
	device   *Device
	handle   unsafe.Pointer
	bytes    []byte
	shift    int // where bytes begin in what the device sees; 0 but for wrapped bytes
	resource *lifetime.Resource
}

// NewMemory makes n zeroed bytes.
func (d *Device) NewMemory(n int) (*Memory, error) {
	if d.closed.Load() {
		return nil, fmt.Errorf("new memory: device: %w", ErrClosed)
	}
	if n <= 0 {
		return nil, &Error{Call: "make_buffer", Code: CodeInvalid, Text: fmt.Sprintf("bytes: %d, expected at least 1", n)}
	}
	handle, contents, err := makeBuffer(d.api, nil, n)
	if err != nil {
		return nil, err
	}
	return d.memory(handle, unsafe.Slice((*byte)(contents), n), 0, func() {}), nil
}

// Wrap makes memory of the caller's bytes, wherever they lie, for a kernel to read and write in place. They are pinned
// until Close; nothing is copied. The device sees whole pages from the first one's begin.
func (d *Device) Wrap(bytes []byte) (*Memory, error) {
	if len(bytes) == 0 {
		return nil, &Error{Call: "make_buffer", Code: CodeInvalid, Text: "bytes: 0, expected at least 1"}
	}
	info, err := d.Info()
	if err != nil {
		return nil, fmt.Errorf("wrap: %w", err)
	}
	first := unsafe.Pointer(&bytes[0])
	shift := int(uintptr(first) % uintptr(max(info.Page, 1)))
	pin := new(runtime.Pinner)
	pin.Pin(first)
	handle, _, err := makeBuffer(d.api, unsafe.Add(first, -shift), len(bytes)+shift)
	if err != nil {
		pin.Unpin()
		return nil, err
	}
	return d.memory(handle, bytes, shift, pin.Unpin), nil
}

func (d *Device) memory(handle unsafe.Pointer, bytes []byte, shift int, after func()) *Memory {
	api := d.api
	m := &Memory{device: d, handle: handle, bytes: bytes, shift: shift}
	m.resource = lifetime.New(m, d.users, func() {
		freeBuffer(api, handle)
		after()
	})
	return m
}

// Bytes is the memory itself, nil after Close.
func (m *Memory) Bytes() []byte { return m.bytes }

// Float32s sees the memory as floats.
func (m *Memory) Float32s() []float32 { return View[float32](m.bytes) }

// Uint16s sees the memory as 16-bit words.
func (m *Memory) Uint16s() []uint16 { return View[uint16](m.bytes) }

// Close frees the memory.
func (m *Memory) Close() {
	m.bytes = nil
	m.resource.Close()
}

// Kernel is a compiled kernel, ready to run on the device that compiled it.
type Kernel struct {
	device   *Device
	handle   unsafe.Pointer
	info     kernelInfo
	closed   atomic.Bool
	resource *lifetime.Resource
}

// kernelInfo is what a compilation tells of its kernel.
type kernelInfo struct {
	maxThreads int
	seconds    float64
	cached     bool
}

// Compile compiles a kernel. The error of a wrong text holds the compiler's messages.
func (d *Device) Compile(p *Program) (*Kernel, error) {
	if d.closed.Load() {
		return nil, fmt.Errorf("compile: device: %w", ErrClosed)
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	handle, info, err := compile(d.api, p)
	if err != nil {
		return nil, err
	}
	api := d.api
	k := &Kernel{device: d, handle: handle, info: info}
	k.resource = lifetime.New(k, d.users, func() { freePipeline(api, handle) })
	return k, nil
}

// MaxThreads is the most threads that a threadgroup of this kernel may have.
func (k *Kernel) MaxThreads() int { return k.info.maxThreads }

// CompileTime is how long compilation took, and whether it came from the device's cache on disk.
func (k *Kernel) CompileTime() (took time.Duration, cached bool) {
	return time.Duration(k.info.seconds * float64(time.Second)), k.info.cached
}

// Run runs the kernel and waits; it returns the device seconds of each repetition. What a real device would refuse runs
// nothing.
func (k *Kernel) Run(l *Launch) ([]float64, error) {
	if k.closed.Load() {
		return nil, fmt.Errorf("run: kernel: %w", ErrClosed)
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	seconds, err := run(k.device.api, k.handle, l)
	runtime.KeepAlive(l)
	runtime.KeepAlive(k)
	return seconds, err
}

// Close frees the kernel.
func (k *Kernel) Close() {
	k.closed.Store(true)
	k.resource.Close()
}
