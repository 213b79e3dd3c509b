//! The binary: hands the process to the command line and exits with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    cloze::cli::main()
}
