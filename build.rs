//! How the program is linked.

use std::env;
use std::path::Path;
use std::process::Command;

/// Where Rust keeps the linker that it uses on [`TARGET`] unless told otherwise, below its own directory.
const LLD: &str = "lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld/ld.lld";

/// Where all of it is known to work.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What runs at the start, for the linker. Written by `benches/startup.py`.
const STARTUP: &str = "startup.ld";

/// Links the program for a fixed address, as Go links SOPS, keeps functions that are the same once, and puts those side
/// by side that every call needs. At an address of its choice, the loader would write some 27,000 pointers into a
/// hundred pages whenever it starts, and their list is 0.7 MB of the file. Stack, heap and libraries stay where chance
/// puts them. Where the linker leaves them, the functions that open a small file lie in ninety places of 64 KB, each of
/// which is a page fault. Libraries of cloze, tests and other systems are not touched, nor who asks for something else
/// with `RUSTFLAGS="-C relocation-model=pie"`.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={STARTUP}");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let is_static = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    if variable("TARGET") != TARGET || is_static {
        return;
    }
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    if !flags.contains("relocation-model") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    let is_another = env::var_os("RUSTC_LINKER").is_some() || flags.contains("link") || flags.contains("fuse-ld");
    if variable("PROFILE") == "release" && !is_another && has_lld(&variable("RUSTC")) {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        println!("cargo::rustc-link-arg-bins=-T{}/{STARTUP}", variable("CARGO_MANIFEST_DIR"));
    }
}

/// Whether this Rust brings the linker that it uses.
fn has_lld(rustc: &str) -> bool {
    let sysroot = Command::new(rustc).args(["--print", "sysroot"]).output();
    sysroot.is_ok_and(|sysroot| {
        let sysroot = String::from_utf8_lossy(&sysroot.stdout);
        Path::new(sysroot.trim_end()).join(LLD).exists()
    })
}
