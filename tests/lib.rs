//! The one test binary: each module is a topic.

mod command_line;
mod generated;
mod one_writer;
