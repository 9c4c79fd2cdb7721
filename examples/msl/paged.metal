// Attention over a cache in pages, as servers keep it: a table names the pages that hold a batch entry's keys. A threadgroup
// computes one row; its simdgroups take turns at the pages, and what they found is merged in threadgroup memory. A logit of
// each head may enter the normaliser alone (a sink).
#include <metal_stdlib>
using namespace metal;

constant bool is_causal [[function_constant(0)]];
constant bool has_sinks [[function_constant(1)]];

constant constexpr uint SIMDGROUPS = 4, LANES = 32;

// Where elements are: of k and v `batch` goes from one page to the next, and `row` counts within a page.
struct Steps { ulong batch, head, row; };

struct Problem {
  uint kv_len, head_dim, group;
  uint page;             // rows of a page
  uint pages_each;       // pages of a batch entry
  int diagonal;          // row i sees keys up to i + diagonal
  float scale;
  Steps q, k, v, out;
};

template <typename T>
[[kernel]] void paged_attention(
    const device T* q [[buffer(0)]],
    const device T* k [[buffer(1)]],
    const device T* v [[buffer(2)]],
    device T* out [[buffer(3)]],
    const device uint* table [[buffer(4)]],  // [batch, pages_each]
    const device float* sinks [[buffer(5), function_constant(has_sinks)]],
    device float* lse [[buffer(6)]],  // null: not wanted
    constant Problem& p [[buffer(7)]],
    threadgroup float* partial [[threadgroup(0)]],  // [SIMDGROUPS, head_dim]
    uint3 place [[threadgroup_position_in_grid]],
    uint3 places [[threadgroups_per_grid]],
    uint simdgroup [[simdgroup_index_in_threadgroup]],
    uint lane [[thread_index_in_simdgroup]]) {
  threadgroup float maxima[SIMDGROUPS], sums[SIMDGROUPS];
  const uint row = place.x, head = place.y, batch = place.z, kv_head = head / p.group;
  q += batch * p.q.batch + head * p.q.head + row * p.q.row;
  out += batch * p.out.batch + head * p.out.head + row * p.out.row;
  k += kv_head * p.k.head;
  v += kv_head * p.v.head;
  table += batch * p.pages_each;

  threadgroup float* sum = partial + simdgroup * p.head_dim;  // its lanes have a column in 32 each
  for (uint d = lane; d < p.head_dim; d += LANES) sum[d] = 0;
  float most = -INFINITY, total = 0;
  for (uint number = simdgroup; number < p.pages_each; number += SIMDGROUPS) {
    const uint first = number * p.page, rows = min(p.page, p.kv_len - first);
    const device T* key = k + table[number] * p.k.batch;
    const device T* value = v + table[number] * p.v.batch;
    for (uint r = 0; r < rows; r++, key += p.k.row, value += p.v.row) {
      if (is_causal && int(first + r) > int(row) + p.diagonal) break;
      float dot = 0;
      for (uint d = lane; d < p.head_dim; d += LANES) dot += float(q[d]) * float(key[d]);
      const float score = p.scale * simd_sum(dot), above = max(most, score);
      const float keep = most == above ? 1 : exp(most - above), weight = score == above ? 1 : exp(score - above);
      for (uint d = lane; d < p.head_dim; d += LANES) sum[d] = sum[d] * keep + weight * float(value[d]);
      total = total * keep + weight;
      most = above;
    }
  }
  if (lane == 0) {
    maxima[simdgroup] = most;
    sums[simdgroup] = total;
  }
  threadgroup_barrier(mem_flags::mem_threadgroup);

  float highest = -INFINITY, sink = -INFINITY, normaliser = 0;
  bool sees = false;  // a key
  for (uint s = 0; s < SIMDGROUPS; s++) {
    highest = max(highest, maxima[s]);
    sees = sees || sums[s] != 0;
  }
  if (has_sinks) sink = sinks[head];
  highest = max(highest, sink);
  for (uint s = 0; s < SIMDGROUPS; s++) normaliser += sums[s] == 0 ? 0 : sums[s] * exp(maxima[s] - highest);
  if (sink != -INFINITY) normaliser += exp(sink - highest);
  for (uint d = simdgroup * LANES + lane; d < p.head_dim; d += SIMDGROUPS * LANES) {
    float all = 0;
    for (uint s = 0; s < SIMDGROUPS; s++) all += sums[s] == 0 ? 0 : partial[s * p.head_dim + d] * exp(maxima[s] - highest);
    out[d] = T(sees ? all / normaliser : 0);
  }
  if (lse && simdgroup == 0 && lane == 0) {
    lse[(batch * places.y + head) * places.x + row] = normaliser == 0 ? -INFINITY : highest + log(normaliser);
  }
}

template [[host_name("paged_attention_float")]] [[kernel]] decltype(paged_attention<float>) paged_attention<float>;
template [[host_name("paged_attention_half")]] [[kernel]] decltype(paged_attention<half>) paged_attention<half>;
template [[host_name("paged_attention_bfloat")]] [[kernel]] decltype(paged_attention<bfloat>) paged_attention<bfloat>;
