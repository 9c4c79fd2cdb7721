// Races between lanes of one simdgroup, which hardware that runs lanes in step hides. See races.metal for the notation.
#include <metal_stdlib>
using namespace metal;

// One query, head_dim 128, four elements a lane. The softmax's running maximum and sum lie in threadgroup memory, and
// lane 0 writes both while other lanes may not have read them yet.
// launch threads=32 float=128 float=1024 float=1024 float=128 bytes=4
kernel void vector_attention(device const float *q [[buffer(0)]], device const float *k [[buffer(1)]],
                             device const float *v [[buffer(2)]], device float *o [[buffer(3)]],
                             constant float &scale [[buffer(4)]], uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float running[2];
  if (lane == 0) {
    running[0] = -1e30f;
    running[1] = 0.0f;
  }
  float output[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  simdgroup_barrier(mem_flags::mem_threadgroup);
  for (uint key = 0; key < 8; key++) {
    float logit = 0.0f;
    for (uint i = 0; i < 4; i++) logit += q[lane * 4 + i] * k[key * 128 + lane * 4 + i];
    logit = simd_sum(logit) * scale - 0.01f * key;
    const float before = running[0]; //! race
    const float top = max(before, logit);
    const float factor = exp(before - top), weight = exp(logit - top);
    for (uint i = 0; i < 4; i++) output[i] = output[i] * factor + weight * v[key * 128 + lane * 4 + i];
    if (lane == 0) {
      running[1] = running[1] * factor + weight;
      running[0] = top; //! race
    }
  }
  simdgroup_barrier(mem_flags::mem_threadgroup);
  for (uint i = 0; i < 4; i++) o[lane * 4 + i] = output[i] / running[1];
}

// launch threads=32 float=128 float=1024 float=1024 float=128 bytes=4
kernel void vector_attention_right(device const float *q [[buffer(0)]], device const float *k [[buffer(1)]],
                                   device const float *v [[buffer(2)]], device float *o [[buffer(3)]],
                                   constant float &scale [[buffer(4)]], uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float running[2];
  if (lane == 0) {
    running[0] = -1e30f;
    running[1] = 0.0f;
  }
  float output[4] = {0.0f, 0.0f, 0.0f, 0.0f};
  simdgroup_barrier(mem_flags::mem_threadgroup);
  for (uint key = 0; key < 8; key++) {
    float logit = 0.0f;
    for (uint i = 0; i < 4; i++) logit += q[lane * 4 + i] * k[key * 128 + lane * 4 + i];
    logit = simd_sum(logit) * scale - 0.01f * key;
    const float before = running[0];
    const float top = max(before, logit);
    const float factor = exp(before - top), weight = exp(logit - top);
    for (uint i = 0; i < 4; i++) output[i] = output[i] * factor + weight * v[key * 128 + lane * 4 + i];
    simdgroup_barrier(mem_flags::mem_threadgroup);
    if (lane == 0) {
      running[1] = running[1] * factor + weight;
      running[0] = top;
    }
  }
  simdgroup_barrier(mem_flags::mem_threadgroup);
  for (uint i = 0; i < 4; i++) o[lane * 4 + i] = output[i] / running[1];
}
