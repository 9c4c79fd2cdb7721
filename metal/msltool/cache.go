package msltool

import "attest.example/attest/metal/internal/msl"

// CacheWarning is why kernels for this machine's processors are compiled anew in every process; "" where they are not, or where there
// is no compiler, which a device tells.
func CacheWarning() string {
	c, err := msl.New(msl.Options{})
	if err != nil {
		return ""
	}
	defer c.Close()
	return c.Warning()
}
