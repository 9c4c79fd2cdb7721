//! Attention from Rust, over the mfa C interface: no crates but std.
//!
//!     cargo run --release                a small case, checked against plain loops in f64
//!     cargo run --release -- benchmark   N = 1024, one head, fp32: GINSTRS/s by device time

mod mfa;

use mfa::{Context, Error, Shape};

/// Numbers between -0.5 and 0.5, the same in every run.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..count).map(|_| next()).collect()
}

/// Row i of head h by plain loops.
fn truth(shape: Shape, q: &[f32], k: &[f32], v: &[f32], h: usize, i: usize) -> Vec<f64> {
    let (rows, head_dim) = (shape.rows as usize, usize::from(shape.head_dim));
    let row = |t: &[f32], r: usize| t[(h * rows + r) * head_dim..][..head_dim].to_vec();
    let (mut sum, mut out) = (0.0, vec![0.0; head_dim]);
    for j in 0..if shape.causal { i + 1 } else { rows } {
        let score: f64 = row(q, i).iter().zip(row(k, j)).map(|(a, b)| f64::from(*a) * f64::from(b)).sum();
        let weight = (score / (head_dim as f64).sqrt()).exp();
        sum += weight;
        out.iter_mut().zip(row(v, j)).for_each(|(o, x)| *o += weight * f64::from(x));
    }
    out.iter().map(|o| o / sum).collect()
}

fn demo(context: &Context) -> Result<(), Error> {
    let shape = Shape { heads: 2, rows: 70, head_dim: 24, causal: true };
    let (q, k, v) = (numbers(shape.elements(), 1), numbers(shape.elements(), 2), numbers(shape.elements(), 3));
    let mut out = vec![f32::NAN; shape.elements()];
    let seconds = context.forward(
        shape, &context.input(&q)?, &context.input(&k)?, &context.input(&v)?, &mut context.output(&mut out)?,
    )?;
    let mut worst = 0.0_f64;
    for h in 0..shape.heads as usize {
        for i in 0..shape.rows as usize {
            let want = truth(shape, &q, &k, &v, h, i);
            let got = &out[(h * shape.rows as usize + i) * want.len()..][..want.len()];
            for (g, w) in got.iter().zip(&want) {
                let distance = (f64::from(*g) - w).abs();
                worst = if distance.is_nan() { f64::INFINITY } else { worst.max(distance) };
            }
        }
    }
    println!("mfa {}: 2 heads of 70 rows, head_dim 24, causal: off by at most {worst:.2e}; {:.3} ms on the device",
        mfa::version(), seconds * 1e3);
    assert!(worst < 1e-5, "the output is wrong");
    Ok(())
}

/// The table of the interface: each forward is one dispatch, and only dispatches that ran are counted.
fn benchmark(context: &Context) -> Result<(), Error> {
    const N: u32 = 1024;
    const DISPATCHES: u32 = 5;
    println!("{:>5} {:>12} {:>12}", "D", "GINSTRS/s", "ms");
    for head_dim in [16, 64, 256] {
        let shape = Shape { heads: 1, rows: N, head_dim, causal: false };
        let (q, k, v) = (numbers(shape.elements(), 1), numbers(shape.elements(), 2), numbers(shape.elements(), 3));
        let mut out = vec![0.0; shape.elements()];
        let (q, k, v) = (context.input(&q)?, context.input(&k)?, context.input(&v)?);
        let mut out = context.output(&mut out)?;
        context.forward(shape, &q, &k, &v, &mut out)?; // compiles
        let mut seconds = 0.0;
        for _ in 0..DISPATCHES {
            seconds += context.forward(shape, &q, &k, &v, &mut out)?;
        }
        let n = f64::from(N);
        let instructions = (2.0 * f64::from(head_dim) + 5.0) * n * n * f64::from(DISPATCHES);
        println!("{head_dim:>5} {:>12.3} {:>12.3}", instructions / seconds / 1e9, seconds / f64::from(DISPATCHES) * 1e3);
    }
    Ok(())
}

fn main() -> Result<(), Error> {
    let context = Context::new()?;
    match std::env::args().nth(1).as_deref() {
        None => demo(&context),
        Some("benchmark") => benchmark(&context),
        Some(other) => {
            eprintln!("{other}: expected benchmark, or nothing");
            std::process::exit(2);
        }
    }
}
