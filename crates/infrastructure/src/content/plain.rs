//! The short way for messages without markup, which are most of them.

/// The HTML of a text in which no character can mean markup, or `None` when one could. What it gives is what the long
/// way would give.
pub(super) fn render(text: &str) -> Option<String> {
    if text.is_empty() || !text.lines().all(is_plain_line) || text.ends_with('\n') {
        return None;
    }
    let mut html = String::with_capacity(text.len() + 16);
    html.push_str("<p>");
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            html.push_str("<br>\n");
        }
        for part in line.split_inclusive('>') {
            match part.strip_suffix('>') {
                Some(before) => {
                    html.push_str(before);
                    html.push_str("&gt;");
                }
                None => html.push_str(part),
            }
        }
    }
    html.push_str("</p>");
    Some(html)
}

/// Some characters mean markup anywhere, some only where a line begins, and blanks at either end of it are special.
fn is_plain_line(line: &str) -> bool {
    let starts_plainly =
        line.starts_with(|c: char| !c.is_whitespace() && !c.is_ascii_digit() && !"->+=:".contains(c));
    starts_plainly && !line.ends_with(char::is_whitespace) && !line.contains(may_be_markup)
}

fn may_be_markup(c: char) -> bool {
    matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '&' | '#' | '|' | '~' | '\u{a0}') || c.is_control()
}
