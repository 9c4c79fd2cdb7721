package msl

import (
	"embed"
	"os"
	"path/filepath"
	"sync"

	"attest.example/attest/metal/atomicfile"
	"attest.example/attest/metal/internal/sourcedigest"
)

//go:embed include
var headerFiles embed.FS

// ownSources are the rewriter's: what it writes is part of what a module depends on.
//
//go:embed *.go
var ownSources embed.FS

// headerDigest names the version of our headers.
var headerDigest = sync.OnceValue(func() string { return sourcedigest.Of(headerFiles) })

// rewriterDigest names the version of this package.
var rewriterDigest = sync.OnceValue(func() string { return sourcedigest.Of(ownSources) })

// standardHeaders are what a kernel may include; all are one. While preprocessing they are empty, because their
// declarations come in after the rewriting.
var standardHeaders = []string{
	"metal_stdlib", "metal_array", "metal_assert", "metal_atomic", "metal_common", "metal_compute", "metal_config", "metal_extended_vector",
	"metal_geometric", "metal_graphics", "metal_imageblocks", "metal_initializer_list", "metal_integer", "metal_limits",
	"metal_logging", "metal_math", "metal_matrix", "metal_numeric", "metal_pack", "metal_packing", "metal_quadgroup",
	"metal_relational", "metal_simdgroup", "metal_simdgroup_matrix", "metal_simdgroup_event", "metal_tensor",
	"metal_texture", "metal_type_traits", "metal_types", "metal_uniform", "metal_utility", "metal_visible_function_table",
	"simd/simd.h", "simd/vector.h", "simd/matrix.h", "TargetConditionals.h",
}

// ourHeaders are the files that a directory of our headers has, and nothing beside them.
var ourHeaders = sync.OnceValues(func() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, name := range standardHeaders {
		files[filepath.Join("empty", name)] = nil
	}
	for name, what := range refusedHeaders {
		files[filepath.Join("empty", name)] = []byte("#error " + what + " is not supported: nothing here stands in for it\n")
	}
	entries, err := headerFiles.ReadDir("include")
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		data, err := headerFiles.ReadFile("include/" + entry.Name())
		if err != nil {
			return nil, err
		}
		files[filepath.Join("full", entry.Name())] = data
	}
	return files, nil
})

// refusedHeaders are Apple's whose functions nothing here can stand in for, and what they are called.
var refusedHeaders = map[string]string{
	"MetalPerformancePrimitives/MetalPerformancePrimitives.h": "MetalPerformancePrimitives (tensor operations)",
	"metal_raytracing":         "ray tracing (metal_raytracing)",
	"metal_mesh":               "mesh shading (metal_mesh)",
	"metal_cooperative_tensor": "cooperative tensors (metal_cooperative_tensor)",
}

// writeFile makes a file appear at once with all its bytes, so that another process never sees half of it.
func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return atomicfile.WriteBytes(name, data)
}
