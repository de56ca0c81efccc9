//! Figures as people read them.

/// With commas between thousands.
pub(super) fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// As exact as a figure of that size is worth.
pub(super) fn rough(value: f64) -> String {
    match value {
        value if value >= 10_000.0 => number((value / 1_000.0).round() * 1_000.0, 0),
        value if value >= 100.0 => number(value, 0),
        value if value >= 1.0 => number(value, 1),
        value => number(value, 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_between_thousands() {
        let cases =
            [(0.0, 0, "0"), (999.4, 0, "999"), (1_000.0, 1, "1,000.0"), (1_234_567.0, 0, "1,234,567")];
        for (value, digits, expected) in cases {
            assert_eq!(number(value, digits), expected);
        }
    }

    #[test]
    fn rough_figures_lose_what_nobody_reads() {
        let cases =
            [(0.254, "0.25"), (3.26, "3.3"), (812.3, "812"), (4_321.0, "4,321"), (123_456.0, "123,000")];
        for (value, expected) in cases {
            assert_eq!(rough(value), expected);
        }
    }
}
