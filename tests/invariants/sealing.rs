//! What is encrypted decrypts to the very bytes, under each kind of policy; and an edit that
//! changes nothing keeps every ciphertext.

use cloze::document::Format;
use cloze::envelope::Error;

use super::{data, is_no_bug, shown};
use crate::engine::Engine;

const REGEX: &str = "^[a-m]";

/// The default policy, and one other: which, the text itself decides, for the sake of time.
pub(crate) fn check(format: Format, text: &[u8]) {
    let other = match text.len() % 3 {
        0 => engine().selecting("encrypted_regex", REGEX),
        1 => engine().selecting("unencrypted_regex", REGEX).mac_only_encrypted(),
        _ => engine().selecting("encrypted_comment_regex", "a"),
    };
    if round_trip(&engine(), format, text) {
        round_trip(&other, format, text);
        spelled_anew(format, text);
        rotated(format, text);
    }
    if format == Format::Ini {
        round_trip(&engine().reading_as_sops(), format, text);
    }
}

fn engine() -> Engine {
    Engine::cheap().repeatable()
}

/// Says whether the text can be encrypted at all.
fn round_trip(engine: &Engine, format: Format, text: &[u8]) -> bool {
    let sealed = match engine.encrypt(format, text) {
        Ok(sealed) => sealed,
        Err(error) => {
            is_no_bug(&error, text);
            return false;
        }
    };
    let say = || format!("{} became {}", shown(text), shown(&sealed.text));
    let document = format.sealed().syntax().parse(&sealed.text).unwrap_or_else(|error| panic!("{error}: {}", say()));
    assert!(document.parts.iter().all(|part| part.metadata.is_some()), "{}", say());
    let twice = engine.encrypt(format.sealed(), &sealed.text).map(|_| ());
    assert_eq!(twice, Err(Error::AlreadyEncrypted), "{}", say());
    let opened = engine.decrypt(format, &sealed.text).unwrap_or_else(|error| panic!("{error}: {}", say()));
    assert!(*opened.text == text, "{}, and opens as {}", say(), shown(&opened.text));
    let again = engine.reencrypt(format, &sealed.text, &opened, text);
    let again = again.unwrap_or_else(|error| panic!("{error}: {}", say()));
    let same = format.sealed().syntax().parse(&again.text).unwrap_or_else(|error| panic!("{error}: {}", say()));
    assert_eq!(data(format, &same), data(format, &document), "{}", say());
    true
}

/// Without the spelling the values are still the same.
fn spelled_anew(format: Format, text: &[u8]) {
    let engine = engine().without_exact_spelling();
    let sealed = match engine.encrypt(format, text) {
        Ok(sealed) => sealed.text,
        Err(error) => return is_no_bug(&error, text),
    };
    let say = || format!("{} became {}", shown(text), shown(&sealed));
    let opened = engine.decrypt(format, &sealed).unwrap_or_else(|error| panic!("{error}: {}", say()));
    let before = format.syntax().parse(text).unwrap_or_else(|error| panic!("{error}: {}", say()));
    let after = format.syntax().parse(&opened.text).unwrap_or_else(|error| panic!("{error}: {}", say()));
    assert_eq!(data(format, &after), data(format, &before), "{}", say());
}

/// Under another key it is the same text.
fn rotated(format: Format, text: &[u8]) {
    let engine = engine();
    let sealed = engine.encrypt(format, text).expect("was encrypted before");
    let say = || format!("{} became {}", shown(text), shown(&sealed.text));
    let rotated = engine.rotate(format.sealed(), &sealed.text).unwrap_or_else(|error| panic!("{error}: {}", say()));
    assert_ne!(rotated.text, sealed.text, "{}", say());
    let opened = engine.decrypt(format, &rotated.text).unwrap_or_else(|error| panic!("{error}: {}", say()));
    assert!(*opened.text == text, "{}, and rotated {}", say(), shown(&rotated.text));
}
