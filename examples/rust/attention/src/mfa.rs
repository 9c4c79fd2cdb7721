//! The mfa C interface with owners: a context and its buffers free themselves, and a wrapped slice cannot be touched
//! or dropped while a buffer over it lives.

use std::ffi::{c_char, c_void, CStr};
use std::fmt;
use std::marker::PhantomData;
use std::ptr;

type Handle = *mut c_void;

extern "C" {
    fn mfa_create_context(context: *mut Handle) -> i32;
    fn mfa_destroy_context(context: Handle);
    fn mfa_buffer_from_ptr(context: Handle, data: *mut c_void, bytes: usize, buffer: *mut Handle) -> i32;
    fn mfa_destroy_buffer(buffer: Handle);
    fn mfa_attention_forward(
        context: Handle, q: Handle, k: Handle, v: Handle, out: Handle, batch: u32, seq_q: u32, seq_kv: u32, heads: u32,
        head_dim: u16, scale: f32, causal: bool, input: i32, intermediate: i32, output: i32, transpose_q: bool,
        transpose_k: bool, transpose_v: bool, transpose_o: bool, mask: *const c_void, mask_bytes: usize,
        mask_shape: *const i64, mask_strides: *const i64, mask_ndim: u32, mask_type: i32, mask_scalar: i32,
    ) -> i32;
    fn mfa_get_gpu_latency(context: Handle) -> f64;
    fn mfa_get_version(major: *mut i32, minor: *mut i32, patch: *mut i32);
    fn mfa_error_string(error: i32) -> *mut c_char;
    fn mfa_last_error() -> *const c_char;
    fn free(memory: *mut c_void);
}

/// What a call returned, in the library's words.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

fn check(code: i32) -> Result<(), Error> {
    if code == 0 {
        return Ok(());
    }
    // The string is a copy that is ours to free; the last error belongs to the library.
    unsafe {
        let text = mfa_error_string(code);
        let mut message = format!("error {code}");
        if !text.is_null() {
            message = format!("{message}: {}", CStr::from_ptr(text).to_string_lossy());
            free(text.cast());
        }
        Err(Error(format!("{message}: {}", CStr::from_ptr(mfa_last_error()).to_string_lossy())))
    }
}

pub fn version() -> String {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    unsafe { mfa_get_version(&mut major, &mut minor, &mut patch) };
    format!("{major}.{minor}.{patch}")
}

/// A context on the library's device.
pub struct Context(Handle);

/// The library's handles may be used from any thread.
unsafe impl Send for Context {}
unsafe impl Sync for Context {}

impl Context {
    pub fn new() -> Result<Self, Error> {
        let mut handle = ptr::null_mut();
        check(unsafe { mfa_create_context(&mut handle) })?;
        Ok(Context(handle))
    }

    /// Wraps memory that the device reads in place.
    pub fn input<'a>(&'a self, data: &'a [f32]) -> Result<Buffer<'a>, Error> {
        self.wrap(data.as_ptr().cast_mut(), data.len())
    }

    /// Wraps memory that the device writes in place.
    pub fn output<'a>(&'a self, data: &'a mut [f32]) -> Result<Buffer<'a>, Error> {
        self.wrap(data.as_mut_ptr(), data.len())
    }

    fn wrap<'a>(&'a self, data: *mut f32, len: usize) -> Result<Buffer<'a>, Error> {
        let mut handle = ptr::null_mut();
        check(unsafe { mfa_buffer_from_ptr(self.0, data.cast(), len * size_of::<f32>(), &mut handle) })?;
        Ok(Buffer { handle, memory: PhantomData })
    }

    /// Computes out = softmax(q k^T / sqrt(head_dim)) v on fp32 tensors, and returns the device's seconds.
    pub fn forward(&self, shape: Shape, q: &Buffer, k: &Buffer, v: &Buffer, out: &mut Buffer) -> Result<f64, Error> {
        const FP32: i32 = 2;
        let scale = 1.0 / f32::from(shape.head_dim).sqrt();
        unsafe {
            check(mfa_attention_forward(
                self.0, q.handle, k.handle, v.handle, out.handle, 1, shape.rows, shape.rows, shape.heads, shape.head_dim,
                scale, shape.causal, FP32, FP32, FP32, false, false, false, false, ptr::null(), 0, ptr::null(),
                ptr::null(), 0, 0, 0,
            ))?;
            Ok(mfa_get_gpu_latency(self.0))
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        unsafe { mfa_destroy_context(self.0) }
    }
}

/// A buffer over a borrowed slice.
pub struct Buffer<'a> {
    handle: Handle,
    memory: PhantomData<&'a mut [f32]>,
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        unsafe { mfa_destroy_buffer(self.handle) }
    }
}

/// One batch of `heads` heads, queries and keys of `rows` rows.
#[derive(Clone, Copy)]
pub struct Shape {
    pub heads: u32,
    pub rows: u32,
    pub head_dim: u16,
    pub causal: bool,
}

impl Shape {
    pub fn elements(self) -> usize {
        self.heads as usize * self.rows as usize * usize::from(self.head_dim)
    }
}
