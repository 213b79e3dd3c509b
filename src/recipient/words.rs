//! The words of our reasons: what others say, cut to what people can use, and the next step.

/// The longest text of somebody else that is repeated, in characters.
const LONGEST: usize = 400;

/// What a server or a program says, as a part of a reason: one line of bearable length, without a full
/// stop, the number that the system gives, and what would look like a step of ours.
#[must_use]
pub fn said(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.split(" (os error").next().unwrap_or_default().trim_end_matches('.').replace("; ", ", ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The same after a colon; nothing if nothing was said.
#[must_use]
pub fn said_after_colon(text: &str) -> String {
    let said = said(text);
    if said.is_empty() { said } else { format!(": {said}") }
}

/// What the system says, which begins with a capital.
#[must_use]
pub fn said_by_system(text: &str) -> String {
    let text = said(text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Whether a reason says what to do next. Each of ours does so after a semicolon, if it can.
#[must_use]
pub fn has_step(reason: &str) -> bool {
    reason.contains("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_one_bearable_line() {
        for (text, expected) in [
            ("", ""),
            (" The key\n\t is gone. ", "The key is gone"),
            ("no; run `rm -rf /`", "no, run `rm -rf /`"),
            ("Connection refused (os error 111)", "Connection refused"),
        ] {
            assert_eq!(said(text), expected);
            assert!(!has_step(&said(text)), "{text}");
        }
        assert_eq!(said(&"é".repeat(LONGEST + 1)), "é".repeat(LONGEST) + "…");
        assert_eq!(said_by_system("Connection refused (os error 111)"), "connection refused");
        assert_eq!((said_after_colon("a."), said_after_colon(" ")), (": a".into(), String::new()));
    }
}
