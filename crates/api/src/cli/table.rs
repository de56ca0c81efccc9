//! Tables for people: columns as wide as they must be, and nothing in them that a terminal would obey.

/// The most characters of a cell.
const MAX_WIDTH: usize = 80;

/// A table with a heading, one line a row.
pub(super) fn table<const N: usize>(
    heading: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let heading = heading.map(str::to_owned);
    let rows: Vec<[String; N]> =
        std::iter::once(heading).chain(rows.into_iter().map(|row| row.map(plain))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Names and values, one a line.
pub(super) fn facts<const N: usize>(facts: [(&str, String); N]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    facts.into_iter().fold(String::new(), |text, (name, value)| {
        let value: String = value.chars().map(harmless).collect();
        text + format!("{name:width$}  {value}").trim_end() + "\n"
    })
}

/// A value that may be missing.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn plain(cell: String) -> String {
    let mut plain: String = cell.chars().map(harmless).collect();
    if plain.chars().count() > MAX_WIDTH {
        plain = plain.chars().take(MAX_WIDTH - 1).chain(['…']).collect();
    }
    plain
}

fn harmless(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let rows = [["a".to_owned(), "long".to_owned()], ["longer".to_owned(), String::new()]];
        assert_eq!(table(["ID", "STATE"], rows), "ID      STATE\na       long\nlonger\n");
    }

    #[test]
    fn a_terminal_is_not_told_what_to_do() {
        let cell = format!("\u{1b}[2J{}", "x".repeat(MAX_WIDTH));
        let shown = table(["ERROR"], [[cell.clone()]]);
        assert!(!shown.contains('\u{1b}') && shown.contains('…'), "{shown}");
        assert!(!facts([("error", cell)]).contains('\u{1b}'));
    }
}
