//! What the age backend needs from the program around it: a person to ask, and the programs that
//! are installed. Handed in, so that nothing here knows a terminal or a search path.

use std::path::PathBuf;
use std::sync::Arc;

use age::secrecy::SecretString;
use zeroize::Zeroizing;

/// The program around us.
pub trait Host: Send + Sync {
    /// Asks for something secret, without an echo. `what` is what it is for.
    ///
    /// # Errors
    /// Why nobody can be asked, for people.
    fn secret(&self, what: &str) -> Result<Zeroizing<String>, String>;

    /// Asks for a line of text that is not secret.
    ///
    /// # Errors
    /// Why nobody can be asked, for people.
    fn line(&self, what: &str) -> Result<String, String>;

    /// Asks a question with two answers, or with one to be acknowledged; none when nobody can be
    /// asked.
    fn choose(&self, question: &str, yes: &str, no: Option<&str>) -> Option<bool>;

    /// Shows a message; what a plugin waits for, for example.
    fn tell(&self, message: &str);

    /// The program of this name, if it is installed.
    fn program(&self, name: &str) -> Option<PathBuf>;
}

/// A host without anybody to ask and without programs.
pub struct Nobody;

const NOBODY: &str = "there is nobody to ask";

impl Host for Nobody {
    fn secret(&self, _: &str) -> Result<Zeroizing<String>, String> {
        Err(NOBODY.into())
    }

    fn line(&self, _: &str) -> Result<String, String> {
        Err(NOBODY.into())
    }

    fn choose(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn tell(&self, _: &str) {}

    fn program(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

/// A host as the age crate wants it.
#[derive(Clone)]
pub(super) struct Bridge(pub(super) Arc<dyn Host>);

impl age::Callbacks for Bridge {
    fn display_message(&self, message: &str) {
        self.0.tell(message);
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        self.0.choose(message, yes, no)
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        self.0.line(description).ok()
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        self.0.secret(description).ok().map(|secret| SecretString::from(secret.as_str()))
    }
}
