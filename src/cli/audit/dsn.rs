//! Connection strings of PostgreSQL as SOPS takes them, that is, the Go library lib/pq: without
//! `sslmode` the connection is encrypted. What concerns TLS is taken out here; the rest is for the
//! library that connects. No message repeats anything of it: there are passwords in it.

use std::fmt;
use std::path::PathBuf;

/// How the server is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// Not at all, and nothing is encrypted.
    Disable,
    /// Encrypted, for whoever answers; with `sslrootcert`, as [`Tls::VerifyCa`].
    Require,
    /// By a certificate of an authority that is trusted.
    VerifyCa,
    /// By such a certificate for its name.
    VerifyFull,
}

/// A connection string, taken apart.
#[derive(PartialEq, Eq)]
pub(super) struct Dsn {
    /// All but what concerns TLS.
    pub rest: String,
    /// What `sslmode` says, if it is there.
    pub tls: Option<Tls>,
    /// A file with the certificates of authorities.
    pub roots: Option<PathBuf>,
}

impl fmt::Debug for Dsn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Dsn").field("tls", &self.tls).field("roots", &self.roots).finish_non_exhaustive()
    }
}

impl Dsn {
    /// Takes a connection string apart: a URL, or `name=value` with blanks between.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut dsn = Dsn { rest: String::new(), tls: None, roots: None };
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            dsn.url(text)?;
        } else {
            dsn.pairs(text)?;
        }
        Ok(dsn)
    }

    fn url(&mut self, text: &str) -> Result<(), String> {
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        self.rest.push_str(address);
        let mut separator = '?';
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !self.take(name, &percent_decoded(value)?)? {
                self.rest.push(separator);
                self.rest.push_str(pair);
                separator = '&';
            }
        }
        Ok(())
    }

    fn pairs(&mut self, text: &str) -> Result<(), String> {
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=').ok_or("the connection string is not understood")?;
            let (value, after) = value(after.trim_start())?;
            if !self.take(name.trim(), &value)? {
                let escaped = value.replace('\\', r"\\").replace('\'', r"\'");
                self.rest += &format!("{}='{escaped}' ", name.trim());
            }
            rest = after.trim_start();
        }
        Ok(())
    }

    /// Takes what concerns TLS. True when it did.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, String> {
        match name {
            "sslmode" => {
                self.tls = Some(match value {
                    "disable" => Tls::Disable,
                    "require" => Tls::Require,
                    "verify-ca" => Tls::VerifyCa,
                    "verify-full" => Tls::VerifyFull,
                    _ => return Err("`sslmode` must be disable, require, verify-ca or verify-full".into()),
                });
            }
            "sslrootcert" => self.roots = Some(value.into()),
            "sslcert" | "sslkey" => return Err(format!("`{name}` is not supported: use a password")),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A value with or without quotes, and what comes after it.
fn value(text: &str) -> Result<(String, &str), String> {
    let (quoted, text) = text.strip_prefix('\'').map_or((false, text), |rest| (true, rest));
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            blank if blank.is_whitespace() && !quoted => return Ok((value, &text[at..])),
            other => value.push(other),
        }
    }
    if quoted { Err("a quote in the connection string is not closed".into()) } else { Ok((value, "")) }
}

fn percent_decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or("a `%` in the connection string is not followed by two digits")?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| "the connection string is no text".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_taken_out_and_the_rest_stays() {
        for (text, rest, tls, roots) in [
            ("postgres://a:b@h:1/d?sslmode=verify-full", "postgres://a:b@h:1/d", Some(Tls::VerifyFull), None),
            ("postgresql://h?x=1&sslrootcert=%2Fr%20c&y=2", "postgresql://h?x=1&y=2", None, Some("/r c")),
            ("host=h  sslmode=disable user = u", "host='h' user='u' ", Some(Tls::Disable), None),
            (r"password='a \'b\\ c' sslrootcert='/r c'", r"password='a \'b\\ c' ", None, Some("/r c")),
            (r"password=a\ b", r"password='a b' ", None, None),
            ("", "", None, None),
        ] {
            let dsn = Dsn::parse(text).expect(text);
            assert_eq!((dsn.rest.as_str(), dsn.tls, dsn.roots), (rest, tls, roots.map(PathBuf::from)), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_an_error_that_shows_nothing() {
        for text in ["secret", "sslmode=secret", "password='secret", "postgres://h?sslmode=%zz", "sslcert=secret"] {
            let error = Dsn::parse(text).expect_err(text);
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
