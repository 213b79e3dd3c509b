//! How the program is linked.

use std::env;

/// Links the program for a fixed address where that is known to work, as Go links SOPS. At an address of its choice, the
/// loader would write some 27,000 pointers into a hundred pages whenever it starts, and their list is 0.7 MB of the file.
/// Stack, heap and libraries stay where chance puts them. Libraries of cloze, tests and other systems are not touched.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |part: &str| env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" && target("ARCH") == "x86_64" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
