//! What a user may want to know of a text that was opened or sealed all the same.

use std::fmt;

/// A sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A remark, from which nothing follows for the call.
    Remark(String),
    /// Encrypted comments did not open, and were left as they are.
    DamagedComments {
        /// The line in which the first one begins, from 1.
        line: usize,
        /// Why it did not, as the end of a sentence.
        reason: String,
        /// How many there are besides.
        others: usize,
    },
}

impl Warning {
    /// Whether somebody may have tampered with the file, so that it must be said in any case.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Warning::DamagedComments { .. })
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Remark(text) => f.write_str(text),
            Warning::DamagedComments { line, reason, others } => {
                write!(f, "the comment in line {line} {reason}; ")?;
                match others {
                    0 => write!(f, "it was left as it is"),
                    1 => write!(f, "it and another one were left as they are"),
                    _ => write!(f, "it and {others} others were left as they are"),
                }
            }
        }
    }
}
