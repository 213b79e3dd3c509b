//! Key services of other processes, in the protocol of SOPS (sops-compat.md §5.10): gRPC without
//! encryption or password. What goes over the line is the data key itself, so it belongs on a
//! socket, the loopback interface or a tunnel. What passed through the buffers of the transport
//! cannot be wiped.

mod address;
mod client;
mod server;
#[cfg(test)]
mod tests;
mod wire;

pub use address::{Address, AddressError};
pub use client::{Limits, services};
pub use server::{Host, Listener, Operation, serve};
