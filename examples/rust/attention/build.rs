//! Finds libmfa: in MFA_LIB_DIR, else where `make lib` of this repository puts it.

use std::{env, path::PathBuf};

fn main() {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap());
    let built = here.join("../../../build");
    let dir = env::var("MFA_LIB_DIR").map_or(built, PathBuf::from);
    let dir = dir.canonicalize().unwrap_or(dir);
    println!("cargo:rustc-link-search=native={}", dir.display());
    println!("cargo:rustc-link-lib=dylib=mfa");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", dir.display());
    println!("cargo:rerun-if-env-changed=MFA_LIB_DIR");
}
