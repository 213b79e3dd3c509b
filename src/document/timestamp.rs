//! A timestamp with its offset, as go-yaml and SOPS read and print it: RFC 3339, the fraction only
//! when it is not zero and without trailing zeros, `Z` for UTC (sops-compat.md §1.3, §4.2).

use std::fmt;

use jiff::civil::DateTime;

/// A civil date and time, and how far it is from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// The date and time as written, with nanoseconds.
    local: DateTime,
    /// Offset from UTC in seconds.
    offset: i32,
}

impl Timestamp {
    /// A timestamp from its parts; `offset` is in seconds east of UTC.
    #[must_use]
    pub fn new(local: DateTime, offset: i32) -> Self {
        Timestamp { local, offset }
    }

    /// The given number of seconds after 1970-01-01T00:00:00Z. Times that no calendar holds are
    /// cut to the nearest that it does.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        let instant = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::MAX);
        Timestamp { local: jiff::tz::Offset::UTC.to_datetime(instant), offset: 0 }
    }

    /// Reads strict RFC 3339, `T` and `Z` in capitals or small letters, with or without fraction.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shape =
            |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
        let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
        let fixed = bytes.len() >= 20
            && shape(0..4)
            && bytes[4] == b'-'
            && shape(5..7)
            && bytes[7] == b'-'
            && shape(8..10)
            && matches!(bytes[10], b'T' | b't')
            && shape(11..13)
            && bytes[13] == b':'
            && shape(14..16)
            && bytes[16] == b':'
            && shape(17..19);
        if !fixed {
            return None;
        }
        let mut rest = &text[19..];
        let mut nanos = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            nanos = nanoseconds(&fraction[..digits])?;
            rest = &fraction[digits..];
        }
        let offset = match rest {
            "Z" | "z" => 0,
            _ => parse_offset(rest)?,
        };
        let small = |range| number(range).and_then(|value| i8::try_from(value).ok());
        let local = DateTime::new(
            number(0..4)?,
            small(5..7)?,
            small(8..10)?,
            small(11..13)?,
            small(14..16)?,
            small(17..19)?,
            nanos,
        )
        .ok()?;
        Some(Timestamp { local, offset })
    }

    /// The date, time and nanoseconds as written.
    #[must_use]
    pub fn local(&self) -> DateTime {
        self.local
    }

    /// Seconds east of UTC.
    #[must_use]
    pub fn offset(&self) -> i32 {
        self.offset
    }

    /// The same without the fraction of a second: the additional data of the MAC.
    #[must_use]
    pub fn whole_seconds(self) -> Self {
        let time = self.local.time();
        let time = jiff::civil::time(time.hour(), time.minute(), time.second(), 0);
        Timestamp { local: DateTime::from_parts(self.local.date(), time), offset: self.offset }
    }
}

/// Digits after the decimal point as nanoseconds; digits beyond nine are dropped, as Go does.
pub(crate) fn nanoseconds(digits: &str) -> Option<i32> {
    if digits.is_empty() {
        return None;
    }
    let nine: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
    nine.parse().ok()
}

/// `+hh:mm` or `-hh:mm` in seconds.
fn parse_offset(text: &str) -> Option<i32> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 || !hours.bytes().chain(minutes.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
    (hours <= 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (date, time) = (self.local.date(), self.local.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            date.year(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second(),
        )?;
        let nanos = time.subsec_nanosecond();
        if nanos != 0 {
            let digits = format!("{nanos:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.offset == 0 {
            return f.write_str("Z");
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_read() {
        for text in ["2001-01-23T00:00:00Z", "2024-02-29T12:30:45.5Z", "2024-01-02T03:04:05+01:30"] {
            assert_eq!(Timestamp::parse_rfc3339(text).expect("is RFC 3339").to_string(), text);
        }
    }

    #[test]
    fn zero_fraction_and_zero_offset_are_dropped() {
        let read = Timestamp::parse_rfc3339("2024-01-02T03:04:05.000+00:00").expect("is RFC 3339");
        assert_eq!(read.to_string(), "2024-01-02T03:04:05Z");
    }

    #[test]
    fn refuses_what_is_not_rfc3339() {
        for text in [
            "2001-01-23",
            "2001-1-23T00:00:00Z",
            "2001-02-30T00:00:00Z",
            "2001-01-23T00:00:00",
            "2001-01-23 00:00:00Z",
            "2001-01-23T00:00:00+1:00",
            "2001-01-23T00:00:00.Z",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn unix_seconds_are_utc() {
        assert_eq!(Timestamp::from_unix(0).to_string(), "1970-01-01T00:00:00Z");
    }
}
