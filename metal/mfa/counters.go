package mfa

// Counters is what a context has done so far.
type Counters struct {
	Calls, Dispatches, Refused        uint64
	Pipelines, Compiled, PipelineHits uint64
	Buffers, BytesCopied              uint64
	CompileSeconds                    float64
}
