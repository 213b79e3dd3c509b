//! What a backslash and what a bracket expression can hold in Go's dialect.

use std::ops::Range;

use super::PatternError;

/// The place up to which a pattern has been read.
pub(super) struct Cursor<'p> {
    pattern: &'p str,
    at: usize,
}

impl<'p> Cursor<'p> {
    pub(super) fn new(pattern: &'p str) -> Self {
        Cursor { pattern, at: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'p str {
        &self.pattern[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    pub(super) fn skip(&mut self, bytes: usize) {
        self.at += bytes;
    }

    pub(super) fn since(&self, start: usize) -> &'p str {
        &self.pattern[start..self.at]
    }

    pub(super) fn error(&self, range: Range<usize>, message: impl Into<String>) -> PatternError {
        PatternError { message: message.into(), range }
    }
}

/// What an escape stands for outside brackets.
pub(super) enum Escape<'p> {
    /// One character.
    Literal(char),
    /// A set of characters, translated.
    Class(String),
    /// A place, translated.
    Assertion(&'static str),
    /// The text between `\Q` and `\E`.
    Quoted(&'p str),
}

/// The one-letter categories and the two-letter ones. Not `C`, which holds the unassigned
/// characters since Go 1.25 only, and not `Cs`, which no text can hold.
const CATEGORIES: &str =
    "Cc Cf Co L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs";

/// The scripts of Unicode 15, which Go has. Names of two words are left out: Go 1.25, which SOPS
/// 3.11 was built with, cannot find them.
const SCRIPTS: &str = "Adlam Ahom Arabic Armenian Avestan Balinese Bamum Batak Bengali Bhaiksuki Bopomofo Brahmi Braille \
    Buginese Buhid Carian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cyrillic Deseret \
    Devanagari Dogra Duployan Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati \
    Gurmukhi Han Hangul Hanunoo Hatran Hebrew Hiragana Inherited Javanese Kaithi Kannada Katakana Kawi \
    Kharoshthi Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Lisu Lycian Lydian Mahajani Makasar Malayalam \
    Mandaic Manichaean Marchen Medefaidrin Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari \
    Newa Nko Nushu Ogham Oriya Osage Osmanya Palmyrene Phoenician Rejang Runic Samaritan Saurashtra Sharada \
    Shavian Siddham Sinhala Sogdian Soyombo Sundanese Syriac Tagalog Tagbanwa Takri Tamil Tangsa Tangut \
    Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Yezidi Yi";

/// Reads an escape outside brackets.
pub(super) fn outside_class<'p>(input: &mut Cursor<'p>) -> Result<Escape<'p>, PatternError> {
    let start = input.at();
    let assertion = match input.rest().as_bytes().get(1) {
        Some(b'A') => Some(r"\A"),
        Some(b'z') => Some(r"\z"),
        Some(b'b') => Some(r"(?-u:\b)"),
        Some(b'B') => Some(r"(?-u:\B)"),
        Some(b'Q') => {
            input.skip(2);
            let rest = input.rest();
            let length = rest.find(r"\E");
            input.skip(length.map_or(rest.len(), |length| length + 2));
            return Ok(Escape::Quoted(&rest[..length.unwrap_or(rest.len())]));
        }
        Some(b'C') => {
            return Err(input.error(start..start + 2, r"`\C` is not supported in Go's dialect"));
        }
        _ => None,
    };
    if let Some(assertion) = assertion {
        input.skip(2);
        return Ok(Escape::Assertion(assertion));
    }
    match set(input)? {
        Some(set) => Ok(Escape::Class(set)),
        None => character(input).map(Escape::Literal),
    }
}

/// Reads a set of characters inside brackets: `\d`, `\pL` or `[:alpha:]`, if one is next.
pub(super) fn set_in_class(input: &mut Cursor<'_>) -> Result<Option<String>, PatternError> {
    if input.rest().starts_with("[:")
        && let Some(length) = input.rest()[2..].find(":]")
    {
        let start = input.at();
        let name = &input.rest()[2..2 + length];
        input.skip(length + 4);
        let (negated, bare) = name.strip_prefix('^').map_or((false, name), |bare| (true, bare));
        let Some(ranges) = posix(bare) else {
            return Err(input.error(start..input.at(), format!("there is no character class `[:{name}:]`")));
        };
        return Ok(Some(format!("[{}{ranges}]", if negated { "^" } else { "" })));
    }
    if input.rest().starts_with('\\') { set(input) } else { Ok(None) }
}

/// Reads one character inside brackets; nothing at the end of the pattern.
pub(super) fn char_in_class(input: &mut Cursor<'_>) -> Result<Option<char>, PatternError> {
    match input.peek() {
        Some('\\') => character(input).map(Some),
        Some(_) => Ok(input.bump()),
        None => Ok(None),
    }
}

/// Reads `\d`, `\pL` and the like, if one is next.
fn set(input: &mut Cursor<'_>) -> Result<Option<String>, PatternError> {
    let text = match input.rest().as_bytes().get(1) {
        Some(b'd') => "[0-9]",
        Some(b'D') => "[^0-9]",
        Some(b's') => r"[\t\n\f\r ]",
        Some(b'S') => r"[^\t\n\f\r ]",
        Some(b'w') => "[0-9A-Za-z_]",
        Some(b'W') => "[^0-9A-Za-z_]",
        Some(b'p' | b'P') => return property(input).map(Some),
        _ => return Ok(None),
    };
    input.skip(2);
    Ok(Some(text.to_owned()))
}

/// Reads `\pL`, `\p{Greek}`, `\P{^Lu}`.
fn property(input: &mut Cursor<'_>) -> Result<String, PatternError> {
    let start = input.at();
    let mut negated = input.rest().starts_with(r"\P");
    input.skip(2);
    let name = match input.bump() {
        Some('{') => {
            let Some(length) = input.rest().find('}') else {
                return Err(input.error(start..start + 3, format!("`{}` is never closed", input.since(start))));
            };
            let name = &input.rest()[..length];
            input.skip(length + 1);
            name
        }
        _ => &input.since(start)[2..],
    };
    let bare = name.strip_prefix('^').inspect(|_| negated = !negated).unwrap_or(name);
    let sign = if negated { 'P' } else { 'p' };
    if bare == "Any" {
        return Ok(format!("[{}\\x{{0}}-\\x{{10FFFF}}]", if negated { "^" } else { "" }));
    }
    if CATEGORIES.split(' ').any(|category| category == bare) {
        return Ok(format!("\\{sign}{{{bare}}}"));
    }
    if SCRIPTS.split(' ').any(|script| script == bare) {
        return Ok(format!("\\{sign}{{Script={bare}}}"));
    }
    let message = format!("the Unicode class `{}` is not one that every SOPS knows", input.since(start));
    Err(input.error(start..input.at(), message))
}

/// Reads an escape that stands for one character.
fn character(input: &mut Cursor<'_>) -> Result<char, PatternError> {
    let start = input.at();
    input.skip(1);
    let Some(c) = input.bump() else {
        return Err(input.error(start..start + 1, "a backslash at the end escapes nothing"));
    };
    let next_is_octal = matches!(input.peek(), Some('0'..='7'));
    let code = match c {
        '0'..='7' if c == '0' || next_is_octal => octal(input, c),
        '1'..='9' => {
            let message = format!("the back reference `\\{c}` is not supported in Go's dialect");
            return Err(input.error(start..input.at(), message));
        }
        'x' => hexadecimal(input),
        'a' => Some(7),
        'f' => Some(12),
        'n' => Some(10),
        'r' => Some(13),
        't' => Some(9),
        'v' => Some(11),
        _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
        _ => None,
    };
    match code.map(char::from_u32) {
        Some(Some(c)) => Ok(c),
        Some(None) => {
            let message = format!("`{}` is half of a surrogate pair, which no text can hold", input.since(start));
            Err(input.error(start..input.at(), message))
        }
        None => {
            let message = format!("the escape `{}` is not valid in Go's dialect", input.since(start));
            Err(input.error(start..input.at(), message))
        }
    }
}

/// The rest of an octal escape of up to three digits.
fn octal(input: &mut Cursor<'_>, first: char) -> Option<u32> {
    let mut code = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = input.peek().and_then(|c| c.to_digit(8)) else { break };
        code = code * 8 + digit;
        input.bump();
    }
    Some(code)
}

/// The rest of `\x41` or `\x{1F600}`.
fn hexadecimal(input: &mut Cursor<'_>) -> Option<u32> {
    let first = input.bump()?;
    if first != '{' {
        let high = first.to_digit(16)?;
        return Some(high * 16 + input.bump()?.to_digit(16)?);
    }
    let mut code = 0;
    let mut digits = 0;
    loop {
        let c = input.bump()?;
        if c == '}' {
            return (digits > 0).then_some(code);
        }
        code = code * 16 + c.to_digit(16)?;
        digits += 1;
        if code > u32::from(char::MAX) {
            return None;
        }
    }
}

/// The ranges of a POSIX class.
fn posix(name: &str) -> Option<&'static str> {
    Some(match name {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => r"\x00-\x7F",
        "blank" => r"\t ",
        "cntrl" => r"\x00-\x1F\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => r"!-/:-@\[-`{-~",
        "space" => r"\t\n\x0B\f\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    })
}
