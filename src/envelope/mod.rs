//! Joins documents, ciphers and recipients: encrypt, decrypt, re-encrypt. (stub: signatures)
