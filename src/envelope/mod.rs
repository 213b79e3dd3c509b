//! (stub)

pub mod pattern;
pub mod selector;
