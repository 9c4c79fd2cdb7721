// How threads are placed, part and meet again.
#include <metal_stdlib>
#include <metal_simdgroup_matrix>
using namespace metal;

kernel void positions(device uint *out [[buffer(0)]], uint3 grid [[threads_per_grid]], uint3 i [[thread_position_in_grid]],
                      uint3 local [[thread_position_in_threadgroup]], uint3 size [[threads_per_threadgroup]],
                      uint3 group [[threadgroup_position_in_grid]], uint3 groups [[threadgroups_per_grid]],
                      uint index [[thread_index_in_threadgroup]], uint lane [[thread_index_in_simdgroup]],
                      uint simdgroup [[simdgroup_index_in_threadgroup]], uint simdgroups [[simdgroups_per_threadgroup]],
                      uint width [[threads_per_simdgroup]], uint3 full [[dispatch_threads_per_threadgroup]]) {
  device uint *o = out + ((i.z * grid.y + i.y) * grid.x + i.x) * 16;
  o[0] = local.x | local.y << 8 | local.z << 16;
  o[1] = size.x | size.y << 8 | size.z << 16;
  o[2] = group.x | group.y << 8 | group.z << 16;
  o[3] = groups.x | groups.y << 8 | groups.z << 16;
  o[4] = index;
  o[5] = lane;
  o[6] = simdgroup;
  o[7] = simdgroups;
  o[8] = width;
  o[9] = full.x | full.y << 8 | full.z << 16;
  o[10] += 1;
}

// Branches, loops of different lengths and early returns, all around one simd operation.
kernel void parting(device uint *out [[buffer(0)]], uint lane [[thread_index_in_simdgroup]]) {
  device uint *o = out + lane * 8;
  if (lane < 16) o[0] = simd_sum(lane);
  else o[0] = simd_max(lane) + 1000;
  o[1] = simd_sum(1u);
  uint sum = 0;
  for (uint k = 0; k <= lane % 4; ++k) sum += simd_sum(1u);
  o[2] = sum;
  if (lane % 2 == 0) {
    if (lane < 8) o[3] = simd_sum(1u);
    o[4] = simd_sum(1u);
  }
  if (lane >= 24) return;
  o[5] = simd_sum(1u);
  switch (lane % 3) {
  case 0: o[6] = simd_sum(10u); break;
  case 1: o[6] = simd_sum(100u); break;
  }
  o[7] = simd_sum(1u);
}

inline uint helper(uint x) { return simd_sum(x); }
// The same function from two branches is two places.
kernel void two_calls_of_one(device uint *out [[buffer(0)]], uint lane [[thread_index_in_simdgroup]]) {
  uint x;
  if (lane < 4) x = helper(1);
  else x = helper(100) + 1;
  out[lane] = x + helper(10000);
}

template <typename T>
kernel void matrices(device const T *a [[buffer(0)]], device const T *b [[buffer(1)]], device T *out [[buffer(2)]],
                     uint lane [[thread_index_in_simdgroup]]) {
  simdgroup_matrix<T, 8, 8> x, y, z = make_filled_simdgroup_matrix<T, 8, 8>(T(2));
  simdgroup_load(x, a, 16, ulong2(4, 2));
  simdgroup_load(y, b, 8, ulong2(0, 0), true);
  simdgroup_multiply_accumulate(z, x, y, z);
  simdgroup_store(z, out, 8);
  simdgroup_multiply(z, y, simdgroup_matrix<T, 8, 8>(T(3)));
  simdgroup_store(z, out + 64, 8, ulong2(0), true);
  threadgroup T tile[10 * 12];
  simdgroup_store(x, tile, 12, ulong2(1, 2));
  simdgroup_barrier(mem_flags::mem_threadgroup);
  simdgroup_load(y, tile, 12, ulong2(1, 2));
  simdgroup_store(y, out + 128, 8);
  out[192 + lane * 2] = z.thread_elements()[0];
  out[192 + lane * 2 + 1] = z.thread_elements().y;
}
template [[host_name("matrices_float")]] kernel void matrices<float>(device const float *, device const float *, device float *, uint);
template [[host_name("matrices_half")]] kernel void matrices<half>(device const half *, device const half *, device half *, uint);
template [[host_name("matrices_bfloat")]] kernel void matrices<bfloat>(device const bfloat *, device const bfloat *, device bfloat *, uint);

kernel void atomics(device atomic_uint *u [[buffer(0)]], device atomic_int *s [[buffer(1)]], device atomic_float *f [[buffer(2)]],
                    uint i [[thread_position_in_grid]], uint local [[thread_index_in_threadgroup]]) {
  threadgroup atomic_uint count;
  if (local == 0) atomic_store_explicit(&count, 0u, memory_order_relaxed);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  atomic_fetch_add_explicit(&count, 1u, memory_order_relaxed);
  threadgroup_barrier(mem_flags::mem_threadgroup);
  if (local == 0) atomic_fetch_add_explicit(&u[0], atomic_load_explicit(&count, memory_order_relaxed), memory_order_relaxed);
  atomic_fetch_or_explicit(&u[1], 1u << (i % 32), memory_order_relaxed);
  atomic_fetch_xor_explicit(&u[2], i, memory_order_relaxed);
  atomic_fetch_max_explicit(&u[3], i, memory_order_relaxed);
  atomic_fetch_and_explicit(&u[4], ~(1u << (i % 8)), memory_order_relaxed);
  atomic_fetch_sub_explicit(&s[0], int(i), memory_order_relaxed);
  atomic_fetch_min_explicit(&s[1], -int(i), memory_order_relaxed);
  atomic_fetch_add_explicit(&f[0], 0.5f, memory_order_relaxed);
  uint expected = atomic_load_explicit(&u[5], memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(&u[5], &expected, expected + 3, memory_order_relaxed, memory_order_relaxed)) {
  }
  if (atomic_exchange_explicit(&u[6], 1u, memory_order_relaxed) == 0) atomic_fetch_add_explicit(&u[7], 1u, memory_order_relaxed);
}

kernel void untouched(device uint *out [[buffer(0)]], uint i [[thread_position_in_grid]], uint local [[thread_index_in_threadgroup]]) {
  threadgroup uint t[64];
  threadgroup half h[4];
  out[i] = t[local];
  if (local < 4) out[i] ^= isnan(h[local]) ? 0u : 1u;
}

kernel void wrong_by_order(device uint *out [[buffer(0)]], uint i [[thread_index_in_threadgroup]], uint lane [[thread_index_in_simdgroup]]) {
  threadgroup uint last;
  if (lane == 0) last = i;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  out[i] = last;
}

#define SMALL_COPY "air.simdgroup_async_copy_1d.p3i8.p1i8"
thread void *copy_in(ulong bytes, ulong align, threadgroup void *to, const device void *from, ulong count) __asm("air.simdgroup_async_copy_1d.p3i8.p1i8");
void wait_for(int count, thread void **events) __asm("air.wait_simdgroup_events");
kernel void late(device const uint *in [[buffer(0)]], device uint *out [[buffer(1)]], uint lane [[thread_index_in_simdgroup]]) {
  threadgroup uint t[32];
  t[lane] = 7;
  simdgroup_barrier(mem_flags::mem_threadgroup);
  thread void *event = copy_in(4, 4, t, in, 32);
  out[lane] = t[lane];
  wait_for(1, &event);
  out[32 + lane] = t[lane];
}
