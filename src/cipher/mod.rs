//! Bytes in, bytes out: data keys, sealed values, the MAC, and shares of a data key. Knows no
//! files, no documents and no recipients.

mod data_key;
mod mac;
mod random;
pub mod shamir;
mod value;

pub use data_key::{DataKey, KEY_BYTES};
pub use mac::Mac;
pub use random::{Random, SystemRandom};
pub use value::{Cipher, EncryptedValue, Kind, Nonces, Opener, Sealer, UnusedNonce, ValueError};
