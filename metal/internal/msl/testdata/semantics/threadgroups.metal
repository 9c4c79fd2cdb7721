#include "case.h"

// Cases of 64 threads in two simdgroups of one threadgroup; the table looks at out[0], out[1], ...
TEST(exchange) { threadgroup float t[64]; t[tid] = tid; threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = t[63 - tid]; }
TEST(several_in_one_declaration) { threadgroup float a[64], b, c[2][2]; a[tid] = tid; if (tid == 0) b = 5, c[1][1] = 6; threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = a[tid ^ 1] + b + c[1][1]; }
TEST(in_inner_scope) { float s = 0; for (int k = 0; k < 2; ++k) { threadgroup float t[64]; t[tid] = k; threadgroup_barrier(mem_flags::mem_threadgroup); s += t[(tid + 1) % 64]; threadgroup_barrier(mem_flags::mem_threadgroup); } out[tid] = s; }
struct Shared { float4 v; uint n[3]; };
TEST(of_struct) { threadgroup Shared s; if (tid == 33) s.v = float4(1, 2, 3, 4), s.n[2] = 7; threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = s.v.z + s.n[2]; }
TEST(pointer_into) { threadgroup float t[64]; threadgroup float *half_way = t + 32; threadgroup float (*rows)[8] = (threadgroup float (*)[8])t; t[tid] = tid; threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = half_way[tid & 31] + rows[1][0]; }
TEST(alignment_of) { threadgroup uchar a; threadgroup float4 b; threadgroup alignas(32) half c[3]; a = 1, b = 2, c[0] = 3; out[tid] = ulong(&b) % 16 + (ulong(&a) == ulong(&b)); }
TEST(not_shared_between_names) { threadgroup float a[2], b[2]; a[0] = a[1] = 1; threadgroup_barrier(mem_flags::mem_threadgroup); b[0] = b[1] = 2; threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = a[0] * 10 + b[1]; }
static void use(threadgroup float *t, uint i, float x) { t[i] = x; }
TEST(passed_on) { threadgroup float t[64]; use(t, tid, tid * 2); threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = t[1]; }
TEST(atomics) { threadgroup atomic_uint n; threadgroup atomic_int m; if (tid == 0) { atomic_store_explicit(&n, 0u, memory_order_relaxed); atomic_store_explicit(&m, 100, memory_order_relaxed); } threadgroup_barrier(mem_flags::mem_threadgroup); atomic_fetch_add_explicit(&n, 2u, memory_order_relaxed); atomic_fetch_min_explicit(&m, int(tid) - 5, memory_order_relaxed); threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = atomic_load_explicit(&n, memory_order_relaxed) + atomic_load_explicit(&m, memory_order_relaxed); }
kernel void passed_memory(device float *out [[buffer(0)]], threadgroup float *t [[threadgroup(1)]], threadgroup uint *u [[threadgroup(0)]], uint tid [[thread_index_in_threadgroup]]) { t[tid] = tid; u[tid] = 100; threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = t[tid ^ 63] + u[0]; }
kernel void untagged_memory(device float *out, threadgroup float *t, ushort tid [[thread_index_in_threadgroup]]) { t[tid] = 3; threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = t[63]; }
template <int N> kernel void in_template(device float *out [[buffer(0)]], ushort tid [[thread_index_in_threadgroup]]) { threadgroup float t[N * 2]; t[tid] = N; threadgroup_barrier(mem_flags::mem_threadgroup); out[tid] = t[63] + sizeof(t); }
template [[host_name("in_template_32")]] kernel void in_template<32>(device float *, ushort);
kernel void early_return(device float *out [[buffer(0)]], ushort tid [[thread_index_in_threadgroup]]) { out[tid] = -1; if (tid >= 40) return; out[tid] = simd_sum(1.0f); }
kernel void divergent_sums(device float *out [[buffer(0)]], ushort lane [[thread_index_in_simdgroup]], ushort tid [[thread_index_in_threadgroup]]) { float a; if (lane < 16) a = simd_sum(float(lane)); else a = simd_max(float(lane)); out[tid] = a; }

kernel void scalars(device float *out [[buffer(0)]], ushort tid [[thread_index_in_threadgroup]], uint lane [[thread_index_in_simdgroup]], ushort group [[simdgroup_index_in_threadgroup]], uint groups [[simdgroups_per_threadgroup]], ushort width [[threads_per_simdgroup]], uint execution [[thread_execution_width]], uint x [[thread_position_in_grid]], ushort threads [[threads_per_threadgroup]], uint quad [[quadgroup_index_in_threadgroup]], uint in_quad [[thread_index_in_quadgroup]], ushort dispatched [[dispatch_threads_per_threadgroup]], uint all_groups [[dispatch_simdgroups_per_threadgroup]], uint quads [[quadgroups_per_threadgroup]]) {
  if (tid != 37) return;
  out[0] = tid, out[1] = lane, out[2] = group, out[3] = groups, out[4] = width, out[5] = execution, out[6] = x, out[7] = threads, out[8] = quad, out[9] = in_quad, out[10] = dispatched, out[11] = all_groups, out[12] = quads;
}
// Run as a grid of 2 x 3 x 1 threadgroups of 4 x 2 x 2 threads; the thread it looks at is (3, 1, 1) of threadgroup (1, 2, 0).
kernel void vectors3(device float *out [[buffer(0)]], uint3 p [[thread_position_in_grid]], ushort3 q [[thread_position_in_threadgroup]], uint3 g [[threadgroup_position_in_grid]], ushort3 n [[threads_per_threadgroup]], uint3 groups [[threadgroups_per_grid]], uint3 grid [[threads_per_grid]], uint3 origin [[grid_origin]], uint3 size [[grid_size]]) {
  if (!all(q == ushort3(3, 1, 1)) || g.x != 1 || g.y != 2) return;
  out[0] = p.x, out[1] = p.y, out[2] = p.z, out[3] = q.x, out[4] = g.y, out[5] = n.x * 100 + n.y * 10 + n.z, out[6] = groups.x * 100 + groups.y * 10 + groups.z, out[7] = grid.x * 100 + grid.y * 10 + grid.z, out[8] = origin.x, out[9] = size.y;
}
kernel void vectors2(device float *out [[buffer(0)]], ushort2 p [[thread_position_in_grid]], uint2 q [[thread_position_in_threadgroup]], const uint2 g [[threadgroup_position_in_grid]], uint index [[thread_index_in_threadgroup]]) {
  if (q.x != 3 || q.y != 1 || g.x != 1 || g.y != 2 || index != 7) return;
  out[0] = p.x, out[1] = p.y, out[2] = g.x, out[3] = index;
}
// Where alignment is asked for: before and behind the declarator, of one variable and of all, as a number and as a type.
TEST(alignment_asked_for) {
  threadgroup uchar first;
  threadgroup half behind[3][5] __attribute__((aligned(128)));
  threadgroup uchar second __attribute__((aligned(64))), third[2];
  alignas(256) threadgroup float before[2];
  threadgroup alignas(float4) alignas(32) uchar inside, also_inside;
  threadgroup uchar with_value[4] __attribute__((aligned(128))) = {1, 2, 3, 4};
  first = 1, second = 2, third[1] = 3, before[1] = 4, behind[2][4] = 5, inside = 6, also_inside = 7;
  threadgroup_barrier(mem_flags::mem_threadgroup);
  out[0] = ulong(&behind) % 128, out[1] = ulong(&second) % 64, out[2] = ulong(&before) % 256, out[3] = ulong(&inside) % 32 + ulong(&also_inside) % 32, out[4] = ulong(&with_value) % 128;
  out[5] = first + second + third[1] + before[1] + behind[2][4] + inside + also_inside + with_value[3];
  out[6] = sizeof(behind) + sizeof(third) + sizeof(before);
}
template <class T, int N> kernel void alignment_in_template(device float *out [[buffer(0)]], uint tid [[thread_index_in_threadgroup]]) {
  threadgroup T one;
  threadgroup T tile[N] __attribute__((aligned(N * sizeof(T))));
  one = 1, tile[N - 1] = 2;
  out[0] = ulong(&tile) % (N * sizeof(T)) + tile[N - 1] + one;
}
template [[host_name("alignment_in_template_half_64")]] kernel void alignment_in_template<half, 64>(device float *, uint);
