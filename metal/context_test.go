package metal_test

import (
	"testing"

	"attest.example/attest/metal"
)

// newDevice is the host device with these options, closed when the test ends.
func newDevice(t testing.TB, o metal.HostOptions) *metal.Device {
	t.Helper()
	d, err := metal.Host(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func newContextOn(t testing.TB, d *metal.Device) *metal.Context {
	t.Helper()
	c, err := d.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func newContext(t testing.TB) *metal.Context {
	return newContextOn(t, newDevice(t, metal.HostOptions{}))
}
