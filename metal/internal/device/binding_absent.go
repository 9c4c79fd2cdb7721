//go:build !cgo

package device

import "unsafe"

// Without C there is no device.

func describe(unsafe.Pointer) (Info, error) { return Info{}, ErrNoC }

func makeBuffer(_, _ unsafe.Pointer, _ int) (handle, contents unsafe.Pointer, err error) {
	return nil, nil, ErrNoC
}

func freeBuffer(_, _ unsafe.Pointer) {}

func compile(unsafe.Pointer, *Program) (unsafe.Pointer, kernelInfo, error) {
	return nil, kernelInfo{}, ErrNoC
}

func freePipeline(_, _ unsafe.Pointer) {}

func run(_, _ unsafe.Pointer, _ *Launch) ([]float64, error) { return nil, ErrNoC }
