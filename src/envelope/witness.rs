//! Who is told before a data key is used. Recovering one demands it, so that no command can forget
//! its audit record.

/// What is done with a file and its data key. The words of the first three are those that SOPS
/// writes into its audit database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Its values come to light.
    Decrypt,
    /// Values are encrypted.
    Encrypt,
    /// It gets a new data key.
    Rotate,
    /// Its data key is given to other recipients.
    Rewrap,
}

impl Deed {
    /// The word for it in records.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Deed::Decrypt => "decrypt",
            Deed::Encrypt => "encrypt",
            Deed::Rotate => "rotate",
            Deed::Rewrap => "rewrap",
        }
    }
}

/// Keeps a record of what is done.
pub trait Witness {
    /// Is told of it: after the data key was recovered and before anything is given out.
    ///
    /// # Errors
    /// No record could be kept, and why. Then it must not be done.
    fn record(&self, deeds: &[Deed]) -> Result<(), String>;
}
