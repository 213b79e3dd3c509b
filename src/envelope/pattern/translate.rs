//! Go's grammar for regular expressions, and each of its atoms in words that mean the same to the
//! `regex` crate. Only whether there is a match is of interest: groups lose their names and
//! numbers, and laziness is dropped.

use super::PatternError;
use super::escape::{self, Cursor, Escape};

/// Groups inside groups. Go stops at 1000; nobody's rule comes near either.
const MAX_DEPTH: usize = 100;

/// The largest count of a repetition, and the largest product of counts that are nested.
const MAX_REPEAT: u32 = 1000;

/// Writes a pattern of Go's dialect as one of the `regex` crate's.
pub(super) fn translate(pattern: &str) -> Result<String, PatternError> {
    let mut translator = Translator {
        input: Cursor::new(pattern),
        output: String::with_capacity(pattern.len() * 2),
        flags: Flags::default(),
        groups: Vec::new(),
        branch: Branch::default(),
        after_repeat: false,
    };
    while let Some(c) = translator.input.peek() {
        translator.step(c)?;
    }
    match translator.groups.last() {
        Some(group) => Err(translator.input.error(group.start..group.start + 1, "this `(` is never closed")),
        None => Ok(translator.output),
    }
}

/// The switches of `(?imsU)` that decide what matches.
#[derive(Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
}

/// A group that is open.
struct Group {
    /// Where its parenthesis stands.
    start: usize,
    /// The switches outside it.
    flags: Flags,
    /// What the enclosing branch held before it.
    branch: Branch,
}

/// What is needed of the alternatives being read in the innermost group.
#[derive(Clone, Copy, Default)]
struct Branch {
    /// The product of the counts in the last atom, if there is an atom to repeat.
    atom: Option<u32>,
    /// The largest such product among all atoms of the group.
    largest: u32,
}

impl Branch {
    fn push(&mut self, repeats: u32) {
        self.atom = Some(repeats);
        self.largest = self.largest.max(repeats);
    }
}

struct Translator<'p> {
    input: Cursor<'p>,
    output: String,
    flags: Flags,
    groups: Vec<Group>,
    branch: Branch,
    /// Whether the last thing read was a repetition operator.
    after_repeat: bool,
}

impl Translator<'_> {
    /// Reads one item of the pattern.
    fn step(&mut self, c: char) -> Result<(), PatternError> {
        let after_repeat = std::mem::take(&mut self.after_repeat);
        let start = self.input.at();
        match c {
            '(' if self.input.rest().starts_with("(?") => return self.group_with_flags(),
            '(' => {
                self.input.bump();
                return self.open(start, self.flags);
            }
            ')' => return self.close(),
            '|' => {
                self.output.push('|');
                self.branch.atom = None;
            }
            '^' => self.atom(if self.flags.multi_line { "(?m:^)" } else { r"\A" }),
            '$' => self.atom(if self.flags.multi_line { "(?m:$)" } else { r"\z" }),
            '.' => self.atom(if self.flags.dot_all { "(?s:.)" } else { "." }),
            '[' => return self.class(),
            '*' | '+' => {
                self.input.bump();
                return self.repeat(start, after_repeat, &c.to_string(), None);
            }
            // Never spelled `?`, which would say something about a repetition before it.
            '?' => {
                self.input.bump();
                return self.repeat(start, after_repeat, "{0,1}", None);
            }
            '{' => {
                if let Some(counts) = self.counts() {
                    return self.counted(start, after_repeat, counts);
                }
                self.literal('{');
            }
            '\\' => return self.escape(),
            c => self.literal(c),
        }
        self.input.bump();
        Ok(())
    }

    /// Writes something that can be repeated as it is.
    fn atom(&mut self, text: &str) {
        self.output.push_str(text);
        self.branch.push(1);
    }

    fn literal(&mut self, c: char) {
        let mut buffer = [0; 4];
        let text = regex_syntax::escape(c.encode_utf8(&mut buffer));
        // Digits, spaces and the like have no case; the group is only noise around them.
        if self.flags.ignore_case && (c.is_alphabetic() || !c.is_ascii()) {
            self.atom(&format!("(?i:{text})"));
        } else {
            self.atom(&text);
        }
    }

    fn open(&mut self, start: usize, inner: Flags) -> Result<(), PatternError> {
        if self.groups.len() == MAX_DEPTH {
            return Err(self.input.error(start..start + 1, format!("groups nest more than {MAX_DEPTH} deep")));
        }
        self.groups.push(Group { start, flags: self.flags, branch: std::mem::take(&mut self.branch) });
        self.flags = inner;
        self.output.push_str("(?:");
        Ok(())
    }

    fn close(&mut self) -> Result<(), PatternError> {
        let start = self.input.at();
        let Some(group) = self.groups.pop() else {
            return Err(self.input.error(start..start + 1, "this `)` closes nothing"));
        };
        self.input.bump();
        self.output.push(')');
        self.flags = group.flags;
        let inside = self.branch.largest.max(1);
        self.branch = group.branch;
        self.branch.push(inside);
        Ok(())
    }

    /// Reads a group that starts with `(?`.
    fn group_with_flags(&mut self) -> Result<(), PatternError> {
        let start = self.input.at();
        let rest = self.input.rest();
        for head in ["(?P<", "(?<"] {
            if rest.starts_with(head)
                && rest.len() > head.len()
                && !rest.starts_with("(?<=")
                && !rest.starts_with("(?<!")
            {
                return self.named_group(start, head.len());
            }
        }
        for (head, name) in [("(?=", "lookahead"), ("(?!", "lookahead"), ("(?<=", "lookbehind"), ("(?<!", "lookbehind")]
        {
            if rest.starts_with(head) {
                let message = format!("{name} `{head}` is not supported in Go's dialect");
                return Err(self.input.error(start..start + head.len(), message));
            }
        }
        self.input.skip(2);
        self.flag_list(start)
    }

    fn named_group(&mut self, start: usize, head: usize) -> Result<(), PatternError> {
        let after = &self.input.rest()[head..];
        let Some(length) = after.find('>') else {
            return Err(self.input.error(start..start + head, "the name of this group is never closed"));
        };
        let name = &after[..length];
        if name.is_empty() || !name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()) {
            let range = start..start + head + length + 1;
            return Err(self.input.error(range, "the name of a group is made of letters, digits and `_`"));
        }
        self.input.skip(head + length + 1);
        self.open(start, self.flags)
    }

    /// Reads the switches of `(?i)` or `(?i-s:`, behind the question mark.
    fn flag_list(&mut self, start: usize) -> Result<(), PatternError> {
        let mut flags = self.flags;
        let mut on = true;
        let mut bare_minus = false;
        while let Some(c) = self.input.bump() {
            match c {
                'i' => flags.ignore_case = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_all = on,
                'U' => {}
                '-' if on => {
                    on = false;
                    bare_minus = true;
                    continue;
                }
                ':' if !bare_minus => return self.open(start, flags),
                ')' if !bare_minus => {
                    self.flags = flags;
                    return Ok(());
                }
                _ => {
                    let text = self.input.since(start);
                    let message = format!("`{text}` is not the start of a group in Go's dialect");
                    return Err(self.input.error(start..self.input.at(), message));
                }
            }
            bare_minus = false;
        }
        Err(self.input.error(start..self.input.at(), "this `(` is never closed"))
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`; anything else leaves the brace a literal.
    fn counts(&mut self) -> Option<Counts> {
        let body = self.input.rest().strip_prefix('{')?;
        let (body, _) = body.split_once('}')?;
        let (least, most) = match body.split_once(',') {
            None => (count(body)?, Some(count(body)?)),
            Some((least, "")) => (count(least)?, None),
            Some((least, most)) => (count(least)?, Some(count(most)?)),
        };
        self.input.skip(body.len() + 2);
        Some(Counts { least, most })
    }

    fn counted(&mut self, start: usize, after_repeat: bool, counts: Counts) -> Result<(), PatternError> {
        let Counts { least, most } = counts;
        let largest = most.unwrap_or(least);
        if least > MAX_REPEAT || largest > MAX_REPEAT {
            let message = format!("`{}` repeats more than {MAX_REPEAT} times", self.input.since(start));
            return Err(self.input.error(start..self.input.at(), message));
        }
        if most.is_some_and(|most| least > most) {
            let message = format!("`{}` asks for at least more than at most", self.input.since(start));
            return Err(self.input.error(start..self.input.at(), message));
        }
        let text = match most {
            Some(most) => format!("{{{least},{most}}}"),
            None => format!("{{{least},}}"),
        };
        self.repeat(start, after_repeat, &text, Some(counts))
    }

    /// Writes a repetition of the atom before it. Both dialects bind it to that one atom, because
    /// every atom is written as one.
    fn repeat(
        &mut self,
        start: usize,
        after_repeat: bool,
        text: &str,
        counts: Option<Counts>,
    ) -> Result<(), PatternError> {
        if self.input.peek() == Some('?') {
            self.input.bump();
        }
        let range = start..self.input.at();
        let operator = self.input.since(start).to_owned();
        if after_repeat {
            let message = format!("`{operator}` repeats a repetition; put a group around the first");
            return Err(self.input.error(range, message));
        }
        let Some(repeats) = self.branch.atom else {
            return Err(self.input.error(range, format!("`{operator}` has nothing to repeat")));
        };
        let product = match counts {
            Some(counts) => self.nested(repeats, counts, range)?,
            None => repeats,
        };
        self.output.push_str(text);
        self.branch.push(product);
        self.after_repeat = true;
        Ok(())
    }

    /// The product of the counts of a repetition and of those inside it, which Go bounds.
    fn nested(&self, inside: u32, counts: Counts, range: std::ops::Range<usize>) -> Result<u32, PatternError> {
        let product = match counts.most.unwrap_or(counts.least) {
            0 if counts.most.is_some() => 1,
            largest => inside.saturating_mul(largest.max(1)),
        };
        if product > MAX_REPEAT && counts.most.unwrap_or(counts.least) >= 2 {
            return Err(self.input.error(range, format!("nested repetitions make more than {MAX_REPEAT}")));
        }
        Ok(product)
    }

    /// Reads what starts with a backslash.
    fn escape(&mut self) -> Result<(), PatternError> {
        match escape::outside_class(&mut self.input)? {
            Escape::Literal(c) => self.literal(c),
            Escape::Class(text) => self.set(&text),
            Escape::Assertion(text) => self.atom(text),
            Escape::Quoted(text) => text.chars().for_each(|c| self.literal(c)),
        }
        Ok(())
    }

    /// Writes a set of characters.
    fn set(&mut self, text: &str) {
        if self.flags.ignore_case {
            self.atom(&format!("(?i:{text})"));
        } else {
            self.atom(text);
        }
    }

    /// Reads `[…]`.
    fn class(&mut self) -> Result<(), PatternError> {
        let start = self.input.at();
        let unclosed = |input: &Cursor<'_>| input.error(start..start + 1, "this `[` is never closed");
        self.input.bump();
        let mut text = String::from("[");
        if self.input.peek() == Some('^') {
            self.input.bump();
            text.push('^');
        }
        let mut first = true;
        loop {
            match self.input.peek() {
                None => return Err(unclosed(&self.input)),
                Some(']') if !first => break,
                Some(_) => {}
            }
            first = false;
            if let Some(set) = escape::set_in_class(&mut self.input)? {
                text.push_str(&set);
                continue;
            }
            let from = self.input.at();
            let low = escape::char_in_class(&mut self.input)?.ok_or_else(|| unclosed(&self.input))?;
            let mut high = low;
            let rest = self.input.rest();
            if rest.starts_with('-') && rest.len() > 1 && !rest.starts_with("-]") {
                self.input.bump();
                high = escape::char_in_class(&mut self.input)?.ok_or_else(|| unclosed(&self.input))?;
            }
            if high < low {
                let message = format!("the range `{}` runs backwards", self.input.since(from));
                return Err(self.input.error(from..self.input.at(), message));
            }
            text.push_str(&format!(r"\x{{{:x}}}-\x{{{:x}}}", u32::from(low), u32::from(high)));
        }
        self.input.bump();
        text.push(']');
        self.set(&text);
        Ok(())
    }
}

/// The counts of a repetition in braces.
#[derive(Clone, Copy)]
struct Counts {
    least: u32,
    most: Option<u32>,
}

/// A count: decimal digits without a leading zero. What is too large for a number is only large.
fn count(digits: &str) -> Option<u32> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || (digits.len() > 1 && digits.starts_with('0'))
    {
        return None;
    }
    Some(digits.parse().unwrap_or(u32::MAX))
}
