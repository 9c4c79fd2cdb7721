package metal

import (
	"attest.example/attest/metal/internal/device"
	"attest.example/attest/metal/internal/lifetime"
	"attest.example/attest/metal/mfa"
	"attest.example/attest/metal/page"
)

// Buffer is memory that Go and the device share.
type Buffer struct {
	mfa      *mfa.Buffer
	resource *lifetime.Resource
}

// NewBuffer makes a zeroed, page-aligned buffer of n bytes.
func (c *Context) NewBuffer(n int) (*Buffer, error) { return c.buffer(c.mfa.NewBuffer(n)) }

// Wrap makes a buffer of the caller's memory, wherever it lies. It is pinned until Close; nothing is copied.
func (c *Context) Wrap(memory []byte) (*Buffer, error) { return c.buffer(c.mfa.Wrap(memory)) }

// WrapFloat32s is Wrap for fp32 elements.
func (c *Context) WrapFloat32s(elements []float32) (*Buffer, error) {
	return c.Wrap(device.BytesOf(elements))
}

// WrapUint16s is Wrap for the bits of fp16 and bf16 elements.
func (c *Context) WrapUint16s(elements []uint16) (*Buffer, error) {
	return c.Wrap(device.BytesOf(elements))
}

// WrapStrided is Wrap with a layout, in elements, for the last len(shape) of batch, head, row and column. Operands
// without strides of their own use it. A library without descriptors can only be told strides so.
func (c *Context) WrapStrided(memory []byte, shape, strides []int64) (*Buffer, error) {
	return c.buffer(c.mfa.WrapStrided(memory, shape, strides))
}

// WholePage is the bytes of a page as WrapPages takes them: 16384, Apple's, or this machine's where that is larger.
var WholePage = page.Whole()

// WrapPages is WrapStrided for a library that takes whole pages only: memory must begin on a page, and the library is
// told a length of whole pages. What follows memory in its last page must be the caller's too. No strides: contiguous.
func (c *Context) WrapPages(memory []byte, shape, strides []int64) (*Buffer, error) {
	return c.buffer(c.mfa.WrapPages(memory, shape, strides))
}

func (c *Context) buffer(inner *mfa.Buffer, err error) (*Buffer, error) {
	if err != nil {
		return nil, err
	}
	b := &Buffer{mfa: inner}
	b.resource = lifetime.New(b, c.users, inner.Close)
	return b, nil
}

// Bytes is the memory itself, nil after Close.
func (b *Buffer) Bytes() []byte { return b.mfa.Bytes() }

// Float32s sees the memory as fp32 elements.
func (b *Buffer) Float32s() []float32 { return device.View[float32](b.mfa.Bytes()) }

// Uint16s sees the memory as the bits of fp16 or bf16 elements.
func (b *Buffer) Uint16s() []uint16 { return device.View[uint16](b.mfa.Bytes()) }

// Close frees the memory; slices of it must not be used any more, unless it was wrapped.
func (b *Buffer) Close() { b.resource.Close() }
