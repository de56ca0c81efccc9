//! Which part of a file is asked for (RFC 9110, section 14).

use std::ops::Range;

use poem::http::{HeaderMap, header};

/// What a `Range` header asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything: no range, several, or one that cannot be read.
    Whole,
    /// These bytes.
    Bytes(Range<u64>),
    /// Bytes beyond the end.
    Unsatisfiable,
}

/// Reads the `Range` header for content of that size. Several ranges cost more than they are worth: whoever asks for them
/// gets everything, as the standard allows.
pub(super) fn part_of(headers: &HeaderMap, size: u64) -> Part {
    let mut lines = headers.get_all(header::RANGE).iter();
    match (lines.next().and_then(|line| line.to_str().ok()), lines.next()) {
        (Some(line), None) => bounds(line, size).map_or(Part::Whole, |bounds| {
            if bounds.start < bounds.end { Part::Bytes(bounds) } else { Part::Unsatisfiable }
        }),
        _ => Part::Whole,
    }
}

/// The one range of a header, empty when it lies beyond the end.
fn bounds(line: &str, size: u64) -> Option<Range<u64>> {
    let (unit, ranges) = line.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    // A list may have empty elements.
    let mut ranges = ranges.split(',').map(|range| range.trim_matches([' ', '\t'])).filter(|r| !r.is_empty());
    let (first, last) = ranges.next()?.split_once('-')?;
    if ranges.next().is_some() {
        return None;
    }
    match (first, last) {
        ("", suffix) => Some(size.saturating_sub(position(suffix)?)..size),
        (first, "") => Some(position(first)?..size),
        (first, last) => {
            let (first, last) = (position(first)?, position(last)?);
            (first <= last).then(|| first..last.saturating_add(1).min(size))
        }
    }
}

/// A position of digits alone; one that no file has is the last there could be.
fn position(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn part(lines: &[&'static str]) -> Part {
        let headers = lines.iter().map(|line| (header::RANGE, HeaderValue::from_static(line))).collect();
        part_of(&headers, 10)
    }

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let table = [
            ("bytes=0-0", Part::Bytes(0..1)),
            ("bytes=2-4", Part::Bytes(2..5)),
            ("Bytes=2-4", Part::Bytes(2..5)),
            ("bytes=, 2-4 ,", Part::Bytes(2..5)),
            ("bytes=5-", Part::Bytes(5..10)),
            ("bytes=-3", Part::Bytes(7..10)),
            ("bytes=-99", Part::Bytes(0..10)),
            ("bytes=8-99", Part::Bytes(8..10)),
            ("bytes=8-99999999999999999999999999", Part::Bytes(8..10)),
            ("bytes=8-18446744073709551615", Part::Bytes(8..10)),
            ("bytes=-99999999999999999999999999", Part::Bytes(0..10)),
            ("bytes=10-", Part::Unsatisfiable),
            ("bytes=10-20", Part::Unsatisfiable),
            ("bytes=99999999999999999999999999-", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=4-2", Part::Whole),
            ("bytes=1-2,4-5", Part::Whole),
            ("bytes=x-y", Part::Whole),
            ("bytes=+1-+2", Part::Whole),
            ("bytes=1 - 2", Part::Whole),
            ("bytes=--1", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes", Part::Whole),
            ("lines=1-2", Part::Whole),
        ];
        for (line, expected) in table {
            assert_eq!(part(&[line]), expected, "{line}");
        }
    }

    #[test]
    fn no_range_or_several_mean_everything() {
        assert_eq!(part(&[]), Part::Whole);
        assert_eq!(part(&["bytes=0-1", "bytes=0-1"]), Part::Whole);
    }
}
