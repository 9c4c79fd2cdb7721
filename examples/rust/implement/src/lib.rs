//! Attention of your own as a shared library: the five functions that attest needs, fp32, no mask but causal.
//!
//!     cargo build --release
//!     attest run --path lib:target/release/libimplement.so
//!
//! All else that the mfa C ABI has (metal/mfa/mfa.h) is refused with error 3 or left out, and attest counts such cases
//! as unsupported. Replace `attention` by your kernel.

use std::ffi::c_void;
use std::slice;

const SUCCESS: i32 = 0;
const NOT_SUPPORTED: i32 = 3;
const FP32: i32 = 2;

/// What calls share: a device, a queue, compiled kernels. Here it is nothing.
struct Context;

/// # Safety
/// `context` must be writable.
#[no_mangle]
pub unsafe extern "C" fn mfa_create_context(context: *mut *mut c_void) -> i32 {
    *context = Box::into_raw(Box::new(Context)).cast();
    SUCCESS
}

/// # Safety
/// `context` must come from mfa_create_context, and is gone afterwards.
#[no_mangle]
pub unsafe extern "C" fn mfa_destroy_context(context: *mut c_void) {
    drop(Box::from_raw(context.cast::<Context>()));
}

/// A buffer is the caller's memory, read and written where it lies. A device would map it here.
///
/// # Safety
/// `buffer` must be writable.
#[no_mangle]
pub unsafe extern "C" fn mfa_buffer_from_ptr(_context: *mut c_void, data: *mut c_void, _bytes: usize, buffer: *mut *mut c_void) -> i32 {
    *buffer = data;
    SUCCESS
}

#[no_mangle]
pub extern "C" fn mfa_destroy_buffer(_buffer: *mut c_void) {}

/// One head: q and out are [rows, head_dim], k and v [keys, head_dim].
fn attention(q: &[f32], k: &[f32], v: &[f32], out: &mut [f32], head_dim: usize, scale: f32, causal: bool) {
    let keys = k.len() / head_dim;
    for (i, (q, out)) in q.chunks(head_dim).zip(out.chunks_mut(head_dim)).enumerate() {
        let seen = if causal { keys.min(i + 1) } else { keys }; // top-left: key j takes part iff j <= i
        let dot = |k: &[f32]| q.iter().zip(k).fold(0.0, |sum, (x, y)| sum + x * y);
        let scores: Vec<f32> = k.chunks(head_dim).take(seen).map(|k| scale * dot(k)).collect();
        // A NaN, too, which then reaches the whole row.
        let top = scores.iter().fold(f32::NEG_INFINITY, |top, &s| if s <= top { top } else { s });
        let weights: Vec<f32> = scores.iter().map(|s| (s - top).exp()).collect(); // at most 1: no overflow
        out.fill(0.0);
        for (weight, v) in weights.iter().zip(v.chunks(head_dim)) {
            out.iter_mut().zip(v).for_each(|(o, x)| *o += weight * x);
        }
        let sum: f32 = weights.iter().sum();
        out.iter_mut().for_each(|o| *o /= sum);
    }
}

/// # Safety
/// The buffers must hold [batch, heads, rows or keys, head_dim] elements of fp32.
#[no_mangle]
pub unsafe extern "C" fn mfa_attention_forward(
    _context: *mut c_void, q: *const f32, k: *const f32, v: *const f32, out: *mut f32, batch: u32, rows: u32, keys: u32,
    heads: u32, head_dim: u16, scale: f32, causal: bool, input: i32, intermediate: i32, output: i32, transpose_q: bool,
    transpose_k: bool, transpose_v: bool, transpose_out: bool, _mask: *const c_void, _mask_bytes: usize,
    _mask_shape: *const i64, _mask_strides: *const i64, _mask_dims: u32, mask_type: i32, _mask_scalar: i32,
) -> i32 {
    let transposed = transpose_q || transpose_k || transpose_v || transpose_out;
    if [input, intermediate, output] != [FP32; 3] || transposed || mask_type != 0 {
        return NOT_SUPPORTED;
    }
    let head_dim = usize::from(head_dim);
    let (of_q, of_kv) = (rows as usize * head_dim, keys as usize * head_dim);
    for head in 0..batch as usize * heads as usize {
        attention(
            slice::from_raw_parts(q.add(head * of_q), of_q), slice::from_raw_parts(k.add(head * of_kv), of_kv),
            slice::from_raw_parts(v.add(head * of_kv), of_kv), slice::from_raw_parts_mut(out.add(head * of_q), of_q),
            head_dim, scale, causal,
        );
    }
    SUCCESS
}
