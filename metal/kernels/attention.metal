// Flash-attention forward:  O = softmax(scale * Q K^T + mask) V, without ever storing the score matrix.
//
// Shapes      q [batch, heads, q_len, head_dim]; k [batch, kv_heads, kv_len, head_dim]; head_dim 1..576. v and o have as
//             many columns, or v_head_dim of them.
//             Every operand has its own strides, in elements, so any layout and any transpose is a matter of numbers.
//             k and v may lie in pages: [pages, kv_heads, page_size, columns], and a table names the pages that hold the
//             keys of a batch entry, in order. k and v may be integers with scales: int8, int4, or ggml's q8_0 and q4_0.
// Types       q, k, v: half, bfloat or float (the template argument). o: any of the three, chosen at run time.
// Blocks      A simdgroup owns 8 query rows; a threadgroup has 1 to 16 simdgroups that share key blocks of 32 rows.
//             Lengths are run-time values: one pipeline serves every shape of its type and head-dim class.
// Arithmetic  Scores, maxima, sums and accumulators are float whatever the inputs are. Tiles are float too, or half or bfloat
//             as the inputs are (the narrow kernels): the same numbers in less memory, so the same results. Scores stay in natural
//             units: s = scale * (q.k) + mask, p = exp2((s - m) * log2 e). A softcap is applied
//             before the mask. p is summed in float; it enters P V in float too, unless `probability_precision` asks
//             for fp16 or bf16.
// Masks       Key j of row i takes part iff i + first_key <= j < i + end_key (causal masks and windows), the bool
//             mask holds a non-zero byte, or the additive mask is not -inf. A masked slot is left out by selection,
//             never by arithmetic: whatever K and V hold there, NaN and Inf included, changes no bit of the output.
//             A row with no key gives 0 and a logsumexp of -inf.
// Ragged      Batch entries may use some of their rows and keys: padding rows see no key, padding keys are seen by no row.
//             Packed entries lie one behind the other in the rows and keys of a batch. Masks count from an entry's first
//             row and key.
// Heads       A sink of a head is a logit that enters the row's sum alone: the running maximum begins at it, the sum at 1.
//             One of -inf is none. A slope adds -slope * |i + first_place - j| to the score of key j, as the mask does.
// Fast math   Metal assumes by default that no NaN and no Inf occurs. Nothing above leans on arithmetic with them: the
//             running maximum starts at a finite number, "no key yet" is a sum of zero, and what memory holds is told
//             by integer bits. So masks, empty rows and masked slots are right in both modes, and so are NaN and Inf
//             in an allowed slot of V. In Q, K or an additive mask they make a score NaN, and a NaN score reaches the
//             output where math is safe; where it is fast, nobody can promise that.
// Order       Sums run over head_dim, then over keys in ascending blocks: the same input makes the same bits, and a
//             row's bits do not depend on the rows beside it.
// Parts       Where rows are few, several threadgroups may share a row's keys: each takes some in a row, writes its maximum,
//             its sum and its columns to scratch memory, and attention_join makes one row of them. Sums then run over each
//             part's keys, then over parts: the same input makes the same bits as long as the parts are the same.

#include <metal_stdlib>
#include <metal_simdgroup>
#include <metal_simdgroup_matrix>
using namespace metal;

constant bool has_mask [[function_constant(0)]];
constant bool has_softcap [[function_constant(1)]];
constant bool has_ranges [[function_constant(3)]];
constant bool has_pages [[function_constant(4)]];
constant bool has_quantised [[function_constant(5)]];
constant bool has_v_head_dim [[function_constant(6)]];  // it is not head_dim
constant bool has_head_terms [[function_constant(2)]];  // sinks or slopes: one constant, so that pipelines stay few

// Numbers of the C interface: its precisions, and its scalars and kinds of masks.
constant constexpr uint FP16 = 0, BF16 = 1, FP32 = 2;
constant constexpr uint MASK_BOOL = 1;
constant constexpr uint SCALAR_FP16 = 1, SCALAR_BF16 = 2;

constant constexpr ushort TILE = 8;          // rows and columns of a simdgroup matrix
constant constexpr ushort KEY_TILES = 4;     // key tiles of a block
constant constexpr ushort CHUNK_TILES = 8;   // tiles of columns that are staged at once, or HEAD_TILES if that is less
constant constexpr uint BLOCK = KEY_TILES * TILE;
constant constexpr ushort BATCH = 4;         // elements that a thread loads before it stores the first
// Elements from a row of a tile in threadgroup memory to the next: a little more than its columns, so that the lanes that
// read a simdgroup matrix meet in as few banks of that memory as can be.
constant constexpr ushort Q_PADDING = 8, K_STRIDE = CHUNK_TILES * TILE + 8;

constant constexpr uint NAN_BITS = 0x7fc00000, INF_BITS = 0x7f800000, NEGATIVE_INF_BITS = 0xff800000;
constant constexpr float LOWEST = -3.402823466e+38f;

struct Strides { ulong batch, head, row, column; };  // in elements; 0 broadcasts

struct AttentionParams {
  Strides q, k, v, o, mask;
  long first_key, end_key;     // row i sees keys j with i + first_key <= j < i + end_key
  ulong k_page, v_page;        // with has_pages: elements from a page to the next; k.batch and v.batch are 0 then
  uint q_len, kv_len, head_dim;
  uint heads_per_kv_head;      // query heads that share one key and value head
  float scale;
  uint output_precision;       // FP16, BF16, else float
  uint probability_precision;  // what p is rounded to before P V: FP16, BF16, else not at all
  uint mask_kind;              // MASK_BOOL, else additive
  uint mask_scalar;            // of an additive mask: SCALAR_FP16, SCALAR_BF16, else float
  uint writes_logsumexp;
  float softcap;               // with has_softcap: scores become softcap * tanh(s / softcap) before the mask is added
  uint uses_sinks, uses_slopes; // with has_head_terms
  int first_place;             // with slopes: the key at which row 0 stands
  uint packed_entries;         // with has_ranges: entries one behind the other in each batch; 0: one, padding around it
  uint bottom_right;           // with has_ranges: the last row of an entry stands at its last key
  uint page_size, pages_per_batch;  // with has_pages: rows of a page, and pages of a batch entry in the table
  uint v_head_dim;             // the columns of v and o; head_dim where has_v_head_dim is off
  uint part_keys, parts;       // keys of a part, a multiple of BLOCK, and how many parts a row's keys have; 0: all are one
};

// A row of a part in scratch memory: the bits of its maximum and of its sum, what it saw, then its columns, not yet divided by
// the sum, each as 32 bits of a float. Where no part has written, 0 is.
constant constexpr uint PART_MAX = 0, PART_SUM = 1, PART_SAW = 2, PART_COLUMNS = 3;
constant constexpr uint SAW_ROW = 1, SAW_KEY = 2, SAW_POISON = 4;

ulong row_of_part(constant AttentionParams &p, ulong row_of_all, uint part) {
  return (row_of_all * p.parts + part) * (PART_COLUMNS + p.v_head_dim);
}

// With has_quantised: how integers of k or of v are stored, and where their scales and zero points are.
constant constexpr uint INT8 = 1, INT4 = 2, Q8_0 = 3, Q4_0 = 4;
constant constexpr uint QUANT_BLOCK = 32;  // columns that share a scale in q8_0 and q4_0, which begin with it, as half

struct QuantParams {
  Strides scale;      // of INT8 and INT4: strides of scales and zero points; 0 along what shares one
  ulong scale_page;   // with has_pages: from the scales of a page to the next
  uint format;        // INT8, INT4, Q8_0, Q4_0; 0: as T says
  uint scale_columns; // columns that share a scale; 0: all of a row
  uint has_zeros;
  uint unused;
};
struct QuantisedParams { QuantParams k, v; };

// The rows and keys that a batch entry uses, the key, counted from its first, at which its first row stands beyond what
// first_key, end_key and first_place say, and the keys of the batch that are in the threadgroup's part.
struct Entry { uint q_begin, q_end, kv_begin, kv_end; long moved; uint part_begin, part_end; };

Entry entry_of(constant AttentionParams &p, device const int *range) {
  Entry e = {0, 0, 0, 0, 0, 0, p.kv_len};
  e.q_begin = uint(clamp(range[0], 0, int(p.q_len)));
  e.q_end = uint(clamp(range[1], int(e.q_begin), int(p.q_len)));
  e.kv_begin = uint(clamp(range[2], 0, int(p.kv_len)));
  e.kv_end = uint(clamp(range[3], int(e.kv_begin), int(p.kv_len)));
  e.moved = p.bottom_right ? long(e.kv_end - e.kv_begin) - long(e.q_end - e.q_begin) - (long(p.kv_len) - long(p.q_len)) : 0l;
  return e;
}

struct KeyRange { uint begin, end; };

KeyRange in_part(Entry e, KeyRange keys) {
  return {clamp(keys.begin, e.part_begin, e.part_end), clamp(keys.end, e.part_begin, e.part_end)};
}

// The same as below within an entry; none where the row is padding.
KeyRange keys_in_entry(constant AttentionParams &p, Entry e, uint row) {
  if (row < e.q_begin || row >= e.q_end) return {0, 0};
  const long place = long(row - e.q_begin) + e.moved, count = long(e.kv_end - e.kv_begin);
  return {e.kv_begin + uint(clamp(place + p.first_key, 0l, count)), e.kv_begin + uint(clamp(place + p.end_key, 0l, count))};
}

// The keys of the part that causal mask and window leave to a row; none where the row does not exist.
KeyRange keys_of_row(constant AttentionParams &p, Entry entry, uint row) {
  if (row >= p.q_len) return {0, 0};
  if (has_ranges) return in_part(entry, keys_in_entry(p, entry, row));
  const long begin = clamp(long(row) + p.first_key, 0l, long(p.kv_len));
  const long end = clamp(long(row) + p.end_key, 0l, long(p.kv_len));
  return in_part(entry, {uint(begin), uint(end)});
}

// The union over the rows first .. first + count - 1: both ends grow with the row.
KeyRange keys_of_rows(constant AttentionParams &p, Entry entry, uint first, uint count) {
  if (first >= p.q_len) return {0, 0};
  uint last = min(first + count, p.q_len) - 1;
  if (has_ranges) {
    if (first >= entry.q_end || last < entry.q_begin || entry.q_begin == entry.q_end) return {0, 0};
    first = max(first, entry.q_begin);
    last = min(last, entry.q_end - 1);
  }
  return {keys_of_row(p, entry, first).begin, keys_of_row(p, entry, last).end};
}

// Of the block that begins with key k0, the keys that a threadgroup stages: whole tiles.
uint keys_to_stage(KeyRange keys, uint k0) { return min(BLOCK, (keys.end - k0 + TILE - 1) / TILE * TILE); }

// The keys before `end` of a block that begins with key k0: bit i is key k0 + i.
uint keys_before(uint end, uint k0) { return end <= k0 ? 0 : end - k0 < BLOCK ? (1u << (end - k0)) - 1 : ~0u; }

// NAN_BITS, INF_BITS or NEGATIVE_INF_BITS for an element in memory that is NaN or Inf, 0 for any other. Read as an
// integer: of a floating-point value, fast math may assume the answer.
uint special_bits(uint sign, bool is_nan) { return is_nan ? NAN_BITS : sign | INF_BITS; }

uint special_half(uint bits) { return (bits & 0x7c00) != 0x7c00 ? 0 : special_bits((bits & 0x8000) << 16, (bits & 0x3ff) != 0); }
uint special_bfloat(uint bits) { return (bits & 0x7f80) != 0x7f80 ? 0 : special_bits((bits & 0x8000) << 16, (bits & 0x7f) != 0); }
uint special_float(uint bits) { return (bits & INF_BITS) != INF_BITS ? 0 : special_bits(bits & 0x80000000, (bits & 0x7fffff) != 0); }

// A format of inputs: the integer that an element is in memory, and what those bits are.
template <typename T> struct Format;
template <> struct Format<half> {
  typedef ushort Bits;
  static uint special(Bits bits) { return special_half(bits); }
};
template <> struct Format<bfloat> {
  typedef ushort Bits;
  static uint special(Bits bits) { return special_bfloat(bits); }
};
template <> struct Format<float> {
  typedef uint Bits;
  static uint special(Bits bits) { return special_float(bits); }
};

template <typename T>
uint special_bits(device const T *x) { return Format<T>::special(*(device const typename Format<T>::Bits *)x); }

// NaN or +inf: no softmax exists. (-inf is a weight of zero.)
bool poisons_softmax(float s) {
  const uint bits = as_type<uint>(s);
  return (bits & INF_BITS) == INF_BITS && bits != NEGATIVE_INF_BITS;
}

// Between -cap and cap. The precise tanh in both modes: the fast one is NaN from 45 on.
float capped(float score, float cap) { return cap * precise::tanh(score / cap); }

// The mask for one key: whether it takes part, and what is added to its score.
struct MaskEntry { bool allowed; float bias; };

template <typename T>
MaskEntry read_bias(device const T *bias) { return {special_bits(bias) != NEGATIVE_INF_BITS, float(*bias)}; }

MaskEntry read_mask(device const uchar *mask, constant AttentionParams &p, ulong index) {
  if (p.mask_kind == MASK_BOOL) return {mask[index] != 0, 0.0f};
  if (p.mask_scalar == SCALAR_FP16) return read_bias((device const half *)mask + index);
  if (p.mask_scalar == SCALAR_BF16) return read_bias((device const bfloat *)mask + index);
  return read_bias((device const float *)mask + index);
}

float round_to(float x, uint precision) {
  if (precision == FP16) return float(half(x));
  if (precision == BF16) return float(bfloat(x));
  return x;
}

// Stores x, or the NaN or Inf with these bits where `special` is not 0.
void store(device uchar *o, ulong index, uint precision, float x, uint special) {
  if (precision == FP16) {
    const ushort bits = (special >> 16 & 0x8000) | (special == NAN_BITS ? 0x7e00 : 0x7c00);
    ((device ushort *)o)[index] = special != 0 ? bits : as_type<ushort>(half(x));
  } else if (precision == BF16) {
    ((device ushort *)o)[index] = special != 0 ? ushort(special >> 16) : as_type<ushort>(bfloat(x));
  } else {
    ((device uint *)o)[index] = special != 0 ? special : as_type<uint>(x);
  }
}

// Of a row without a weight, 0.
float reciprocal_of(float row_sum) { return row_sum > 0.0f ? 1.0f / row_sum : 0.0f; }

// A row's place among those of all heads and batches.
ulong row_index(constant AttentionParams &p, uint3 groups, uint batch, uint head, uint row) {
  return (ulong(batch) * groups.y + head) * p.q_len + row;
}

void store_logsumexp(device float *logsumexp, ulong index, float row_max, float row_sum, bool has_key, bool poisoned) {
  const uint special = poisoned ? NAN_BITS : has_key ? 0 : NEGATIVE_INF_BITS;
  store((device uchar *)logsumexp, index, FP32, row_max + log(row_sum), special);
}

// Where the keys of a batch entry are, with has_pages: row r is row r % size of page table[r / size].
struct Pages { device const uint *table; ulong stride; uint size; };

template <typename T>
device const T *paged(device const T *matrix, constant Strides &strides, Pages pages, uint row, uint column) {
  return matrix + pages.table[row / pages.size] * pages.stride + row % pages.size * strides.row + column * strides.column;
}

// The integers of a batch entry and kv head, with has_quantised: strides of their matrix count bytes.
struct Integers {
  uint format, scale_columns;
  device const uchar *bytes;
  device const float *scales;
  device const int *zeros;  // null: none
  ulong scale_row, scale_page;
};

Integers integers_of(constant QuantParams &quant, constant Strides &strides, device const void *matrix,
                     device const float *scales, device const int *zeros, uint batch, uint kv_head) {
  const ulong first = batch * quant.scale.batch + kv_head * quant.scale.head;
  device const int *own_zeros = nullptr;
  if (quant.has_zeros != 0) own_zeros = zeros + first;
  return {quant.format, quant.scale_columns, (device const uchar *)matrix + batch * strides.batch + kv_head * strides.head,
          scales + first, own_zeros, quant.scale.row, quant.scale_page};
}

// What an integer and a scale stand for, and the bits of its NaN or Inf, as special_bits has them.
struct Number { float x; uint special; };

Number scaled(int i, float scale, uint special) {
  if (special != 0 && special != NAN_BITS) special = i == 0 ? NAN_BITS : i < 0 ? special ^ 0x80000000 : special;
  return {float(i) * scale, special};
}

// The product is exact in float: i has at most 9 bits, a scale 15, or 11 beside 8.
Number dequantised(Integers m, constant Strides &strides, Pages pages, uint row, uint column) {
  uint page = 0;
  if (has_pages && pages.size > 0) {
    page = pages.table[row / pages.size];
    row = row % pages.size;
  }
  device const uchar *bytes = m.bytes + page * pages.stride + row * strides.row;
  if (m.format == Q8_0 || m.format == Q4_0) {
    const uint size = 2 + (m.format == Q8_0 ? QUANT_BLOCK : QUANT_BLOCK / 2), c = column % QUANT_BLOCK;
    bytes += column / QUANT_BLOCK * size;
    const ushort bits = ushort(bytes[0] | bytes[1] << 8);
    uint special = 0;
    if ((bits & 0x7c00) == 0x7c00) special = special_bits((bits & 0x8000) << 16, (bits & 0x3ff) != 0);
    int i = as_type<char>(bytes[2 + c % (size - 2)]);
    if (m.format == Q4_0) i = int(bytes[2 + c % 16] >> (c / 16 * 4) & 15) - 8;
    return scaled(i, float(as_type<half>(bits)), special);
  }
  int i = 0;
  if (m.format == INT8) i = as_type<char>(bytes[column * strides.column]);
  else i = int((bytes[column / 2] >> (column % 2 * 4) & 15) ^ 8) - 8;  // two's complement
  ulong at = page * m.scale_page + row * m.scale_row;
  if (m.scale_columns != 0) at += column / m.scale_columns;
  if (m.zeros) i -= m.zeros[at];
  return scaled(i, m.scales[at], special_bits(m.scales + at));
}

// What a threadgroup copies into a tile: rows and columns of a matrix, so many from first_row and first_column on, zero beyond
// row_end and column_end.
struct Block { uint first_row, row_end, rows, first_column, column_end, columns; };

// A simdgroup copies rows in strips of 32 columns, so neighbouring lanes read neighbouring columns, and has a batch of loads
// under way: BATCH / STRIPS of its rows, from the block's row `first` on. STRIPS is how many a row has at most.
//
// Whether all of a batch lies in the block and in the matrix, as most batches do: then nothing is tested element by element.
template <ushort STRIPS>
bool is_whole(Block block, uint first, ushort simdgroups) {
  const uint last = first + (BATCH - 1) / STRIPS * simdgroups;
  return last < block.rows && block.first_row + last < block.row_end && block.first_column + STRIPS * 32 <= block.column_end;
}

template <ushort STRIPS, typename T>
void fetch(thread typename Format<T>::Bits *batch, device const T *matrix, constant Strides &strides, Block block, uint first,
           ushort simdgroups, ushort lane, Pages pages) {
  typedef typename Format<T>::Bits Bits;
  const uint first_row = block.first_row + first, first_column = block.first_column + lane;
  if (is_whole<STRIPS>(block, first, simdgroups) && !has_pages) {
    device const T *element = matrix + first_row * strides.row + first_column * strides.column;
    const ulong to_row = simdgroups * strides.row, to_strip = 32 * strides.column;
    #pragma clang loop unroll(full)
    for (ushort b = 0; b < BATCH; ++b) batch[b] = *(device const Bits *)(element + b / STRIPS * to_row + b % STRIPS * to_strip);
    return;
  }
  #pragma clang loop unroll(full)
  for (ushort b = 0; b < BATCH; ++b) {
    const uint r = first + b / STRIPS * simdgroups, row = block.first_row + r, column = first_column + b % STRIPS * 32;
    batch[b] = 0;
    if (r < block.rows && row < block.row_end && column < block.column_end) {
      device const T *element = matrix + row * strides.row + column * strides.column;
      if (has_pages && pages.size > 0) element = paged(matrix, strides, pages, row, column);
      batch[b] = *(device const Bits *)element;
    }
  }
}

// Of values, NaN and Inf are left out: in a masked slot, 0 * NaN would leak. `special_keys` notes their rows.
template <bool VALUES, bool WHOLE, ushort STRIPS, typename T, typename Tile>
void store_batch(threadgroup Tile *tile, ushort tile_stride, thread typename Format<T>::Bits *batch, Block block, uint first,
                 threadgroup atomic_uint *special_keys, ushort simdgroups, ushort lane) {
  #pragma clang loop unroll(full)
  for (ushort b = 0; b < BATCH; ++b) {
    const uint r = first + b / STRIPS * simdgroups, c = b % STRIPS * 32 + lane;
    if (!WHOLE && (r >= block.rows || c >= block.columns)) continue;
    Tile x = Tile(as_type<T>(batch[b]));
    if (VALUES && Format<T>::special(batch[b]) != 0) {
      x = Tile(0.0f);
      atomic_fetch_or_explicit(special_keys, 1u << r, memory_order_relaxed);
    }
    tile[r * tile_stride + c] = x;
  }
}

// Copies a block into a tile. FETCHED: the first batch is there already.
template <bool VALUES, bool FETCHED, ushort STRIPS, typename Tile, typename T>
void stage(threadgroup Tile *tile, ushort tile_stride, thread typename Format<T>::Bits *batch, device const T *matrix,
           constant Strides &strides, Block block, threadgroup atomic_uint *special_keys, ushort simdgroup, ushort simdgroups,
           ushort lane, Pages pages) {
  for (uint first = simdgroup; first < block.rows; first += BATCH / STRIPS * simdgroups) {
    if (!FETCHED || first != simdgroup) fetch<STRIPS>(batch, matrix, strides, block, first, simdgroups, lane, pages);
    if (is_whole<STRIPS>(block, first, simdgroups))
      store_batch<VALUES, true, STRIPS, T>(tile, tile_stride, batch, block, first, special_keys, simdgroups, lane);
    else store_batch<VALUES, false, STRIPS, T>(tile, tile_stride, batch, block, first, special_keys, simdgroups, lane);
  }
}

// The sum of the NaN and Inf that a column of V holds in a row's allowed slots, where every weight is positive: the
// bits of one, or 0 where there is none.
template <typename T>
uint special_sum(device const T *v, device const uchar *mask, constant AttentionParams &p, KeyRange keys,
                 ulong mask_row, uint column, Pages pages) {
  uint sum = 0;
  for (uint key = keys.begin; key < keys.end; ++key) {
    if (has_mask && !read_mask(mask, p, mask_row + key * p.mask.column).allowed) continue;
    const uint bits = has_pages ? special_bits(paged(v, p.v, pages, key, column))
                                : special_bits(v + key * p.v.row + column * p.v.column);
    if (bits != 0) sum = sum == 0 || sum == bits ? bits : NAN_BITS;  // Inf - Inf is NaN
  }
  return sum;
}

// The same as stage and special_sum, of integers.
template <bool VALUES, typename Tile>
void stage_integers(threadgroup Tile *tile, ushort tile_stride, Integers integers, constant Strides &strides, Block block,
                    threadgroup atomic_uint *special_keys, ushort simdgroup, ushort simdgroups, ushort lane, Pages pages) {
  for (uint r = simdgroup; r < block.rows; r += simdgroups) {
    const uint row = block.first_row + r;
    for (uint c = lane; c < block.columns; c += 32) {
      const uint column = block.first_column + c;
      Number number = {0.0f, 0};
      if (row < block.row_end && column < block.column_end) number = dequantised(integers, strides, pages, row, column);
      const bool leave_out = VALUES && number.special != 0;
      if (leave_out) atomic_fetch_or_explicit(special_keys, uint(1) << r, memory_order_relaxed);
      tile[r * tile_stride + c] = Tile(leave_out ? 0.0f : number.x);
    }
  }
}

uint special_sum_of_integers(Integers v, device const uchar *mask, constant AttentionParams &p, KeyRange keys,
                             ulong mask_row, uint column, Pages pages) {
  uint sum = 0;
  for (uint key = keys.begin; key < keys.end; ++key) {
    const uint bits = dequantised(v, p.v, pages, key, column).special;
    const bool allowed = !has_mask || read_mask(mask, p, mask_row + key * p.mask.column).allowed;
    if (allowed && bits != 0) sum = sum != 0 && sum != bits ? NAN_BITS : bits;  // Inf - Inf is NaN
  }
  return sum;
}

// Four lanes share a row of a simdgroup matrix: their numbers differ in bits 0 and 3.
float max_over_row(float x) {
  x = max(x, simd_shuffle_xor(x, 1));
  return max(x, simd_shuffle_xor(x, 8));
}

float sum_over_row(float x) {
  x += simd_shuffle_xor(x, 1);
  return x + simd_shuffle_xor(x, 8);
}

bool any_over_row(bool x) { return sum_over_row(x ? 1.0f : 0.0f) > 0.0f; }

// x = x * factor + term.
void multiply_add(thread simdgroup_float8x8 &x, float factor, simdgroup_float8x8 term) {
  x.thread_elements()[0] = x.thread_elements()[0] * factor + term.thread_elements()[0];
  x.thread_elements()[1] = x.thread_elements()[1] * factor + term.thread_elements()[1];
}

// Grid: one threadgroup for each (row block and part of the keys, head, batch). Threads: 32 * simdgroups.
// HEAD_TILES: at least v's columns, rounded up to 8; of q and k there may be more.
// Tile: float, or T where k and v are no integers.
// Threadgroup memory, in elements of Tile: one key or value chunk, 32 rows of K_STRIDE, then 8 * simdgroups rows of Q, each
// head_dim rounded up to 8 and Q_PADDING.
template <typename T, typename Tile, ushort HEAD_TILES>
kernel void attention_forward(
    device const T *q [[buffer(0)]],
    device const T *k [[buffer(1)]],
    device const T *v [[buffer(2)]],
    device uchar *o [[buffer(3)]],
    constant AttentionParams &p [[buffer(4)]],
    device float *logsumexp [[buffer(5)]],
    device const uchar *mask [[buffer(6), function_constant(has_mask)]],
    device const float *sinks [[buffer(7), function_constant(has_head_terms)]],
    device const float *slopes [[buffer(8), function_constant(has_head_terms)]],
    device const int *ranges [[buffer(9), function_constant(has_ranges)]],
    device const uint *page_table [[buffer(10), function_constant(has_pages)]],
    device const float *k_scales [[buffer(11), function_constant(has_quantised)]],
    device const int *k_zeros [[buffer(12), function_constant(has_quantised)]],
    device const float *v_scales [[buffer(13), function_constant(has_quantised)]],
    device const int *v_zeros [[buffer(14), function_constant(has_quantised)]],
    constant QuantisedParams &quant [[buffer(15), function_constant(has_quantised)]],
    device uint *scratch [[buffer(16)]],
    threadgroup Tile *tiles [[threadgroup(0)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 groups [[threadgroups_per_grid]],
    ushort simdgroups [[simdgroups_per_threadgroup]],
    ushort simdgroup [[simdgroup_index_in_threadgroup]],
    ushort lane [[thread_index_in_simdgroup]])
{
  const uint head = group.y, kv_head = head / p.heads_per_kv_head;
  uint batch = group.z;
  Entry entry = {0, p.q_len, 0, p.kv_len, 0, 0, p.kv_len};
  if (has_ranges) {
    if (p.packed_entries != 0) batch = group.z / p.packed_entries;
    entry = entry_of(p, ranges + 4 * group.z);
  }
  const bool is_part = p.part_keys != 0;
  const uint part = is_part ? group.x % p.parts : 0;
  if (is_part) {
    entry.part_begin = part * p.part_keys;
    entry.part_end = min(p.kv_len, entry.part_begin + p.part_keys);
  }
  Integers k_integers = {0, 0, nullptr, nullptr, nullptr, 0, 0}, v_integers = k_integers;
  if (has_quantised) {
    k_integers = integers_of(quant.k, p.k, k, k_scales, k_zeros, batch, kv_head);
    v_integers = integers_of(quant.v, p.v, v, v_scales, v_zeros, batch, kv_head);
  }
  q += batch * p.q.batch + head * p.q.head;
  k += batch * p.k.batch + kv_head * p.k.head;
  v += batch * p.v.batch + kv_head * p.v.head;
  Pages k_pages = {nullptr, 0, 0}, v_pages = k_pages;
  if (has_pages) {
    k_pages = {page_table + ulong(batch) * p.pages_per_batch, p.k_page, p.page_size};
    v_pages = {k_pages.table, p.v_page, p.page_size};
  }
  const ulong o_head = batch * p.o.batch + head * p.o.head;
  const ulong mask_head = batch * p.mask.batch + head * p.mask.head;

  // A lane holds row fragment_row, columns fragment_column and the next, of every simdgroup matrix.
  const ushort quad = lane / 4;
  const ushort fragment_row = (quad & 4) + (lane / 2) % 4;
  const ushort fragment_column = (quad & 2) * 2 + (lane % 2) * 2;

  // Packed entries have threadgroups of their own, and rows that no entry has are nobody's to write.
  uint group_row = (is_part ? group.x / p.parts : group.x) * simdgroups * TILE, row_end = p.q_len;
  if (has_ranges && p.packed_entries != 0) {
    group_row += entry.q_begin;
    row_end = entry.q_end;
    if (group_row >= row_end) return;
  }
  const uint simd_row = group_row + simdgroup * TILE;
  const uint row = simd_row + fragment_row;
  const KeyRange group_keys = keys_of_rows(p, entry, group_row, simdgroups * TILE);
  const KeyRange simd_keys = keys_of_rows(p, entry, simd_row, TILE);
  const KeyRange row_keys = keys_of_row(p, entry, row);
  const ulong mask_row = mask_head + row * p.mask.row;

  constexpr ushort CHUNK_OF_HEAD = HEAD_TILES < CHUNK_TILES ? HEAD_TILES : CHUNK_TILES;  // in tiles
  constexpr uint CHUNK = CHUNK_OF_HEAD * TILE;
  constexpr ushort STRIPS = CHUNK < 32 ? 1 : CHUNK / 32;
  // A long head_dim comes in many chunks. Where products of 16-bit tiles take less time than the loads of the next chunk, these
  // are under way meanwhile; with tiles of float they would only be in the way.
  constexpr bool AHEAD = HEAD_TILES > 2 * CHUNK_TILES && sizeof(Tile) == 2;
  constexpr ushort V_STRIDE = CHUNK_TILES * TILE + 16 / sizeof(Tile);
  const uint v_head_dim = has_v_head_dim ? p.v_head_dim : p.head_dim;
  const ushort q_columns = (p.head_dim + TILE - 1) / TILE * TILE, q_stride = q_columns + Q_PADDING;
  const ushort v_columns = has_v_head_dim ? (v_head_dim + TILE - 1) / TILE * TILE : q_columns;
  threadgroup Tile *kv_tile = tiles;
  threadgroup Tile *q_tile = tiles + BLOCK * K_STRIDE;
  threadgroup atomic_uint special_keys;
  typename Format<T>::Bits fetched[BATCH];
  for (uint d0 = 0; d0 < q_columns; d0 += CHUNK)
    stage<false, false, STRIPS>(q_tile + d0, q_stride, fetched, q, p.q,
                                Block{group_row, row_end, uint(simdgroups) * TILE, d0, p.head_dim, min(CHUNK, q_columns - d0)},
                                &special_keys, simdgroup, simdgroups, lane, Pages{nullptr, 0, 0});
  const threadgroup Tile *own_q = q_tile + simdgroup * TILE * q_stride;

  simdgroup_float8x8 accumulator[HEAD_TILES];
  #pragma clang loop unroll(full)
  for (ushort d = 0; d < HEAD_TILES; ++d) accumulator[d] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
  const float scale = p.scale;  // read once, not in every block
  const uint probability_precision = p.probability_precision;
  float row_max = LOWEST, row_sum = 0.0f;
  bool has_key = false, poisoned = false, has_special_value = false;
  float slope = 0.0f;
  long place = long(row) + p.first_place;
  if (has_ranges) place += long(entry.kv_begin) - long(entry.q_begin) + entry.moved;
  if (has_head_terms && p.uses_slopes) slope = slopes[head];
  if (has_head_terms && p.uses_sinks && special_bits(sinks + head) != NEGATIVE_INF_BITS && part == 0) {
    row_max = sinks[head];
    row_sum = 1.0f;
    has_key = true;
  }

  const bool k_of_integers = has_quantised && k_integers.format != 0, v_of_integers = has_quantised && v_integers.format != 0;
  const uint first_block = group_keys.begin / BLOCK * BLOCK;
  if (AHEAD && !k_of_integers)
    fetch<STRIPS>(fetched, k, p.k, Block{first_block, p.kv_len, keys_to_stage(group_keys, first_block), 0, p.head_dim, 0}, simdgroup,
                  simdgroups, lane, k_pages);
  for (uint k0 = first_block; k0 < group_keys.end; k0 += BLOCK) {
    const uint staged_keys = keys_to_stage(group_keys, k0);

    // Scores: S = Q K^T, a chunk of head_dim at a time. A tile that no row of this simdgroup sees is left at 0. Where every
    // tile is seen and the chunk is a whole one, as in most blocks, no product waits for a test.
    simdgroup_float8x8 s[KEY_TILES];
    bool live[KEY_TILES], begun[KEY_TILES], all_live = true;  // begun: not behind the last key that is seen
    #pragma clang loop unroll(full)
    for (ushort j = 0; j < KEY_TILES; ++j) {
      s[j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
      const uint first = k0 + j * TILE;
      live[j] = first < simd_keys.end && first + TILE > simd_keys.begin;
      begun[j] = first < simd_keys.end;
      all_live = all_live && live[j];
    }
    for (uint d0 = 0; d0 < p.head_dim; d0 += CHUNK) {
      const uint columns = min(CHUNK, q_columns - d0);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      if (simdgroup == 0 && lane == 0) atomic_store_explicit(&special_keys, 0u, memory_order_relaxed);
      const Block block = {k0, p.kv_len, staged_keys, d0, p.head_dim, columns};
      if (k_of_integers)
        stage_integers<false>(kv_tile, K_STRIDE, k_integers, p.k, block, &special_keys, simdgroup, simdgroups, lane, k_pages);
      else
        stage<false, AHEAD, STRIPS>(kv_tile, K_STRIDE, fetched, k, p.k, block, &special_keys, simdgroup, simdgroups, lane, k_pages);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      if (AHEAD && d0 + CHUNK < p.head_dim && !k_of_integers)
        fetch<STRIPS>(fetched, k, p.k, Block{k0, p.kv_len, staged_keys, d0 + CHUNK, p.head_dim, 0}, simdgroup, simdgroups, lane, k_pages);
      if (AHEAD && d0 + CHUNK >= p.head_dim && !v_of_integers)
        fetch<STRIPS>(fetched, v, p.v, Block{k0, p.kv_len, staged_keys, 0, v_head_dim, 0}, simdgroup, simdgroups, lane, v_pages);
      if (all_live && columns == CHUNK) {
        simdgroup_float8x8 of_chunk[KEY_TILES];
        #pragma clang loop unroll(full)
        for (ushort j = 0; j < KEY_TILES; ++j) of_chunk[j] = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
        #pragma clang loop unroll(full)
        for (ushort d = 0; d < CHUNK_OF_HEAD; ++d) {
          simdgroup_matrix<Tile, 8, 8> q_matrix, k_transposed;
          simdgroup_load(q_matrix, own_q, q_stride, ulong2(d0 + d * TILE, 0));
          #pragma clang loop unroll(full)
          for (ushort j = 0; j < KEY_TILES; ++j) {
            simdgroup_load(k_transposed, kv_tile + j * TILE * K_STRIDE + d * TILE, K_STRIDE, ulong2(0), true);
            simdgroup_multiply_accumulate(of_chunk[j], q_matrix, k_transposed, of_chunk[j]);
          }
        }
        #pragma clang loop unroll(full)
        for (ushort j = 0; j < KEY_TILES; ++j) multiply_add(s[j], 1.0f, of_chunk[j]);
        continue;
      }
      #pragma clang loop unroll(full)
      for (ushort j = 0; j < KEY_TILES; ++j) {
        if (!live[j]) continue;
        simdgroup_float8x8 of_chunk = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
        #pragma clang loop unroll(full)
        for (ushort d = 0; d < CHUNK_OF_HEAD; ++d) {
          if (d * TILE >= columns) break;
          simdgroup_matrix<Tile, 8, 8> q_matrix, k_transposed;
          simdgroup_load(q_matrix, own_q, q_stride, ulong2(d0 + d * TILE, 0));
          simdgroup_load(k_transposed, kv_tile + j * TILE * K_STRIDE + d * TILE, K_STRIDE, ulong2(0), true);
          simdgroup_multiply_accumulate(of_chunk, q_matrix, k_transposed, of_chunk);
        }
        multiply_add(s[j], 1.0f, of_chunk);
      }
    }

    // Online softmax. Sets of keys are bits, counted from this lane's first column: bit j * TILE + c is its key c of tile j.
    // `weighted` are those to which this row gives a weight.
    const uint seen = (keys_before(row_keys.end, k0) & ~keys_before(row_keys.begin, k0)) >> fragment_column;
    float block_max = row_max, sum_of_scores = 0.0f;
    uint allowed_keys = 0;
    #pragma clang loop unroll(full)
    for (ushort j = 0; j < KEY_TILES; ++j) {
      #pragma clang loop unroll(full)
      for (ushort c = 0; c < 2; ++c) {
        const uint bit = 1u << (j * TILE + c), key = k0 + j * TILE + fragment_column + c;
        MaskEntry entry = {(seen & bit) != 0, 0.0f};
        if (has_mask && entry.allowed) entry = read_mask(mask, p, mask_row + key * p.mask.column);
        if (has_head_terms) entry.bias -= slope * fabs(float(place - long(key)));
        const float score = has_softcap ? capped(s[j].thread_elements()[c] * scale, p.softcap) + entry.bias
                                        : s[j].thread_elements()[c] * scale + entry.bias;
        s[j].thread_elements()[c] = score;
        if (!entry.allowed) continue;
        allowed_keys |= bit;
        block_max = max(block_max, score);
        sum_of_scores += score;
      }
    }
    // A finite sum has no NaN and no Inf among its terms, so most blocks need no other test.
    uint weighted = allowed_keys;
    if (special_float(as_type<uint>(sum_of_scores)) != 0) {
      block_max = row_max;
      #pragma clang loop unroll(full)
      for (ushort j = 0; j < KEY_TILES; ++j) {
        #pragma clang loop unroll(full)
        for (ushort c = 0; c < 2; ++c) {
          const uint bit = 1u << (j * TILE + c);
          if ((allowed_keys & bit) == 0) continue;
          if (poisons_softmax(s[j].thread_elements()[c])) {
            poisoned = true;
            weighted &= ~bit;
          } else {
            block_max = max(block_max, s[j].thread_elements()[c]);
          }
        }
      }
    }
    block_max = max_over_row(block_max);

    float block_sum = 0.0f;
    #pragma clang loop unroll(full)
    for (ushort j = 0; j < KEY_TILES; ++j) {
      #pragma clang loop unroll(full)
      for (ushort c = 0; c < 2; ++c) {
        const bool counts = (weighted & 1u << (j * TILE + c)) != 0;
        const float weight = counts ? exp2((s[j].thread_elements()[c] - block_max) * M_LOG2E_F) : 0.0f;
        block_sum += weight;
        s[j].thread_elements()[c] = weight;
      }
    }
    if (probability_precision != FP32) {
      #pragma clang loop unroll(full)
      for (ushort j = 0; j < KEY_TILES; ++j) {
        s[j].thread_elements()[0] = round_to(s[j].thread_elements()[0], probability_precision);
        s[j].thread_elements()[1] = round_to(s[j].thread_elements()[1], probability_precision);
      }
    }
    const float correction = row_sum > 0.0f ? exp2((row_max - block_max) * M_LOG2E_F) : 1.0f;
    row_sum = row_sum * correction + sum_over_row(block_sum);
    row_max = block_max;
    has_key |= allowed_keys != 0;

    // O = O * correction + P V, again by chunks: each is the accumulators' tiles d0 .. d0 + CHUNK_OF_HEAD - 1.
    #pragma clang loop unroll(full)
    for (ushort d0 = 0; d0 < HEAD_TILES; d0 += CHUNK_OF_HEAD) {
      if (d0 * TILE >= v_columns) continue;
      const uint columns = min(CHUNK, uint(v_columns - d0 * TILE));
      threadgroup_barrier(mem_flags::mem_threadgroup);
      const Block block = {k0, p.kv_len, staged_keys, d0 * uint(TILE), v_head_dim, columns};
      if (v_of_integers)
        stage_integers<true>(kv_tile, V_STRIDE, v_integers, p.v, block, &special_keys, simdgroup, simdgroups, lane, v_pages);
      else
        stage<true, AHEAD, STRIPS>(kv_tile, V_STRIDE, fetched, v, p.v, block, &special_keys, simdgroup, simdgroups, lane, v_pages);
      threadgroup_barrier(mem_flags::mem_threadgroup);
      const uint next_column = (d0 + CHUNK_OF_HEAD) * TILE, next_key = k0 + BLOCK;
      if (AHEAD && next_column < v_columns && !v_of_integers)
        fetch<STRIPS>(fetched, v, p.v, Block{k0, p.kv_len, staged_keys, next_column, v_head_dim, 0}, simdgroup, simdgroups, lane, v_pages);
      if (AHEAD && next_column >= v_columns && next_key < group_keys.end && !k_of_integers)
        fetch<STRIPS>(fetched, k, p.k, Block{next_key, p.kv_len, keys_to_stage(group_keys, next_key), 0, p.head_dim, 0}, simdgroup, simdgroups,
                      lane, k_pages);
      if (all_live && columns == CHUNK) {
        #pragma clang loop unroll(full)
        for (ushort d = 0; d < CHUNK_OF_HEAD; ++d) {
          simdgroup_float8x8 of_block = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
          #pragma clang loop unroll(full)
          for (ushort j = 0; j < KEY_TILES; ++j) {
            simdgroup_matrix<Tile, 8, 8> v_matrix;
            simdgroup_load(v_matrix, kv_tile + j * TILE * V_STRIDE + d * TILE, V_STRIDE);
            simdgroup_multiply_accumulate(of_block, s[j], v_matrix, of_block);
          }
          multiply_add(accumulator[d0 + d], correction, of_block);
        }
        continue;
      }
      #pragma clang loop unroll(full)
      for (ushort d = 0; d < CHUNK_OF_HEAD; ++d) {
        if (d * TILE >= columns) break;
        simdgroup_float8x8 of_block = make_filled_simdgroup_matrix<float, 8, 8>(0.0f);
        #pragma clang loop unroll(full)
        for (ushort j = 0; j < KEY_TILES; ++j) {
          if (!begun[j]) break;
          simdgroup_matrix<Tile, 8, 8> v_matrix;
          simdgroup_load(v_matrix, kv_tile + j * TILE * V_STRIDE + d * TILE, V_STRIDE);
          simdgroup_multiply_accumulate(of_block, s[j], v_matrix, of_block);
        }
        multiply_add(accumulator[d0 + d], correction, of_block);
      }
    }
    has_special_value |= (allowed_keys & atomic_load_explicit(&special_keys, memory_order_relaxed) >> fragment_column) != 0;
  }

  has_key = any_over_row(has_key);
  poisoned = any_over_row(poisoned) || (!is_part && has_key && row_sum == 0.0f);
  has_special_value = any_over_row(has_special_value);
  if (row >= row_end) return;

  const float normalizer = is_part ? 1.0f : reciprocal_of(row_sum);
  const ulong row_of_all = row_index(p, groups, batch, head, row);
  ulong to = o_head + row * p.o.row, to_column = p.o.column;
  uint precision = p.output_precision;
  if (is_part) {
    const ulong place = row_of_part(p, row_of_all, part);
    if (fragment_column == 0) {
      scratch[place + PART_MAX] = as_type<uint>(row_max);
      scratch[place + PART_SUM] = as_type<uint>(row_sum);
      scratch[place + PART_SAW] = SAW_ROW | (has_key ? SAW_KEY : 0) | (poisoned ? SAW_POISON : 0);
    }
    if (!has_key) return;
    o = (device uchar *)scratch;
    to = place + PART_COLUMNS;
    to_column = 1;
    precision = FP32;
  }
  #pragma clang loop unroll(full)
  for (ushort d = 0; d < HEAD_TILES; ++d) {
    #pragma clang loop unroll(full)
    for (ushort c = 0; c < 2; ++c) {
      const uint column = d * TILE + fragment_column + c;
      if (column >= v_head_dim) continue;
      float x = accumulator[d].thread_elements()[c] * normalizer;
      if (as_type<uint>(x) << 1 == 0) x = 0.0f;  // no -0: a zero's sign must not tell what a masked slot held
      uint special = 0;
      if (poisoned) special = NAN_BITS;
      else if (has_quantised && has_special_value && v_integers.format != 0)
        special = special_sum_of_integers(v_integers, mask, p, row_keys, mask_row, column, v_pages);
      else if (has_special_value) special = special_sum(v, mask, p, row_keys, mask_row, column, v_pages);
      store(o, to + column * to_column, precision, x, special);
    }
  }
  if (!is_part && p.writes_logsumexp && fragment_column == 0) store_logsumexp(logsumexp, row_of_all, row_max, row_sum, has_key, poisoned);
}

// Makes one row of its parts: O = sum of O_i * exp(m_i - m) / sum of l_i * exp(m_i - m), of parts i with maximum m_i, sum l_i
// and columns O_i, and m the largest m_i.
//
// Grid: one threadgroup for each (row block, head, batch). Threads: 32 * simdgroups; a simdgroup joins a row, and its lane i
// holds what part i saw, so there are at most 32 parts.
kernel void attention_join(
    device const uint *scratch [[buffer(0)]],
    device uchar *o [[buffer(1)]],
    constant AttentionParams &p [[buffer(2)]],
    device float *logsumexp [[buffer(3)]],
    uint3 group [[threadgroup_position_in_grid]],
    uint3 groups [[threadgroups_per_grid]],
    ushort simdgroups [[simdgroups_per_threadgroup]],
    ushort simdgroup [[simdgroup_index_in_threadgroup]],
    ushort lane [[thread_index_in_simdgroup]])
{
  const uint head = group.y, batch = group.z, row = group.x * simdgroups + simdgroup;
  if (row >= p.q_len) return;
  const ulong row_of_all = row_index(p, groups, batch, head, row);
  uint saw = 0;
  float part_max = LOWEST, part_sum = 0.0f;
  if (lane < p.parts) {
    device const uint *own = scratch + row_of_part(p, row_of_all, lane);
    saw = own[PART_SAW];
    if ((saw & SAW_KEY) != 0) {
      part_max = as_type<float>(own[PART_MAX]);
      part_sum = as_type<float>(own[PART_SUM]);
    }
  }
  const uint saw_any = simd_or(saw);
  if ((saw_any & SAW_ROW) == 0) return;  // a row that no packed entry has: nobody's to write

  // A part whose sum is 0 holds no weight, and its maximum may be no score's.
  const float row_max = simd_max(part_sum > 0.0f ? part_max : LOWEST);
  const float weight = part_sum > 0.0f ? exp2((part_max - row_max) * M_LOG2E_F) : 0.0f;
  const float row_sum = simd_sum(part_sum * weight);
  const bool poisoned = (saw_any & SAW_POISON) != 0 || ((saw_any & SAW_KEY) != 0 && row_sum == 0.0f);
  const float normalizer = reciprocal_of(row_sum);
  for (uint first = 0; first < p.v_head_dim; first += 32) {
    const uint column = first + lane;
    float x = 0.0f;
    uint special = 0;
    for (ushort i = 0; i < p.parts; ++i) {
      const float weight_of_part = simd_shuffle(weight, i);
      const bool has_key = (simd_shuffle(saw, i) & SAW_KEY) != 0;
      if (!has_key || column >= p.v_head_dim) continue;
      const uint bits = scratch[row_of_part(p, row_of_all, i) + PART_COLUMNS + column];
      if (special_float(bits) == 0) x += as_type<float>(bits) * weight_of_part;
      else special = special == 0 || special == bits ? bits : NAN_BITS;  // Inf - Inf is NaN
    }
    if (column >= p.v_head_dim) continue;
    if (poisoned) special = NAN_BITS;
    x *= normalizer;
    if (as_type<uint>(x) << 1 == 0) x = 0.0f;
    store(o, batch * p.o.batch + head * p.o.head + row * p.o.row + column * p.o.column, p.output_precision, x, special);
  }
  if (p.writes_logsumexp && lane == 0) store_logsumexp(logsumexp, row_of_all, row_max, row_sum, (saw_any & SAW_KEY) != 0, poisoned);
}

#define ATTENTION(NAME, T, TILE_TYPE, HEAD_TILES)                                                                \
  template [[host_name(NAME)]] kernel void attention_forward<T, TILE_TYPE, HEAD_TILES>(                          \
      device const T *, device const T *, device const T *, device uchar *, constant AttentionParams &,          \
      device float *, device const uchar *, device const float *, device const float *, device const int *,      \
      device const uint *, device const float *, device const int *, device const float *, device const int *,   \
      constant QuantisedParams &, device uint *,                                                                 \
      threadgroup TILE_TYPE *, uint3, uint3, ushort, ushort, ushort);

ATTENTION("attention_fp16_16", half, float, 2)
ATTENTION("attention_fp16_32", half, float, 4)
ATTENTION("attention_fp16_64", half, float, 8)
ATTENTION("attention_fp16_128", half, float, 16)
ATTENTION("attention_fp16_256", half, float, 32)
ATTENTION("attention_fp16_576", half, float, 72)
ATTENTION("attention_bf16_16", bfloat, float, 2)
ATTENTION("attention_bf16_32", bfloat, float, 4)
ATTENTION("attention_bf16_64", bfloat, float, 8)
ATTENTION("attention_bf16_128", bfloat, float, 16)
ATTENTION("attention_bf16_256", bfloat, float, 32)
ATTENTION("attention_bf16_576", bfloat, float, 72)
ATTENTION("attention_fp32_16", float, float, 2)
ATTENTION("attention_fp32_32", float, float, 4)
ATTENTION("attention_fp32_64", float, float, 8)
ATTENTION("attention_fp32_128", float, float, 16)
ATTENTION("attention_fp32_256", float, float, 32)
ATTENTION("attention_fp32_576", float, float, 72)

ATTENTION("attention_fp16_narrow_16", half, half, 2)
ATTENTION("attention_fp16_narrow_32", half, half, 4)
ATTENTION("attention_fp16_narrow_64", half, half, 8)
ATTENTION("attention_fp16_narrow_128", half, half, 16)
ATTENTION("attention_fp16_narrow_256", half, half, 32)
ATTENTION("attention_fp16_narrow_576", half, half, 72)
ATTENTION("attention_bf16_narrow_16", bfloat, bfloat, 2)
ATTENTION("attention_bf16_narrow_32", bfloat, bfloat, 4)
ATTENTION("attention_bf16_narrow_64", bfloat, bfloat, 8)
ATTENTION("attention_bf16_narrow_128", bfloat, bfloat, 16)
ATTENTION("attention_bf16_narrow_256", bfloat, bfloat, 32)
ATTENTION("attention_bf16_narrow_576", bfloat, bfloat, 72)
