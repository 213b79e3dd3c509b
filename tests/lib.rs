//! The integration tests: one binary, a module per subject. They run the program as its users do,
//! or call the library where that is what is being tested. Nothing here reads the developer's own
//! keys or configuration: see [`harness`].

// Tests say what they skipped, and stop at the first surprise.
#![allow(clippy::print_stderr, clippy::unwrap_used, missing_docs)]

mod age;
mod audit;
mod aws;
mod azure;
mod badinput;
mod callers;
mod checklist;
mod cli;
mod clouds;
mod command_line;
mod completion;
mod conversions;
mod corpus;
mod custodian;
mod differential;
mod dotenv;
mod edit;
mod engine;
mod exec;
mod fuzz_cases;
mod gcp;
mod generated;
mod harness;
#[allow(dead_code, reason = "what the tests of one kind need alone")]
mod http;
#[cfg(feature = "huawei")]
mod huawei;
mod ini;
mod init;
mod integrators;
mod interop;
mod invariants;
mod key_groups;
mod keyservice;
mod layers;
mod leaves;
mod messages;
mod one_writer;
#[cfg(feature = "pgp")]
mod pgp;
mod properties;
mod pty;
#[cfg(feature = "publish")]
mod publish;
mod readme;
mod rekey;
mod sealed;
mod servers;
mod set;
mod tampered;
#[cfg(feature = "vault")]
mod vault;
