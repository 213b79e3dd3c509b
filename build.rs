//! How the program is linked.

use std::env;

/// Links the program for a fixed address where that is known to work, as Go links SOPS. At an address of its choice, the
/// loader would write some 27,000 pointers into a hundred pages whenever it starts, and their list is 0.7 MB of the file.
/// Stack, heap and libraries stay where chance puts them. Libraries of cloze, tests and other systems are not touched,
/// nor who asks for something else with `RUSTFLAGS="-C relocation-model=pie"`.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let target = |part: &str| variable(&format!("CARGO_CFG_TARGET_{part}"));
    let is_known = target("OS") == "linux" && target("ENV") == "gnu" && target("ARCH") == "x86_64";
    let is_static = target("FEATURE").split(',').any(|feature| feature == "crt-static");
    let is_chosen = variable("CARGO_ENCODED_RUSTFLAGS").contains("relocation-model");
    if is_known && !is_static && !is_chosen {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
