//! The program around us as the age crate wants it.

use std::sync::Arc;

use age::secrecy::SecretString;

use crate::recipient::Host;

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
