//! cloze encrypts the *values* inside configuration files, in the file format of SOPS, and leaves
//! every other byte alone.
//!
//! # The map
//!
//! | layer | what it knows | may import |
//! | --- | --- | --- |
//! | [`document`] | a text and the scalars in it | nothing of ours |
//! | [`cipher`] | data keys, sealed values, the MAC, shares | nothing of ours |
//! | [`recipient`] | who may open a file, and how a data key is wrapped for them | `cipher`, `document::tree`, `document::Scalar`, `document::Timestamp` |
//! | [`envelope`] | the verbs that join those three: encrypt, decrypt, re-encrypt, change recipients, rotate | the layers above |
//! | [`rules`] | `.sops.yaml`: which policy goes for which file; `audit.yaml` | the layers above |
//! | [`cli`] | terminal, environment, files, exit codes | everything |
//!
//! Imports point upwards in that table only, and `tests/layers.rs` holds it. Nothing above `cli`
//! touches the terminal, the environment or the disk: randomness, time, identities and key
//! services are handed in.
//!
//! Start reading at [`document::Document`], then [`envelope::encrypt`].

#![forbid(unsafe_code)]

pub mod cipher;
pub mod cli;
pub mod document;
pub mod envelope;
pub mod recipient;
pub mod rules;
