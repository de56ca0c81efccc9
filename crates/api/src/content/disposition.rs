//! What a browser shall do with a file, and what it is called (RFC 6266, RFC 8187).

use std::fmt::Write;

/// Types that a browser shows without running anything in them.
const INLINE: [&str; 5] = ["image/jpeg", "image/png", "image/gif", "image/webp", "text/plain"];

/// The value of `Content-Disposition`.
pub(super) fn content_disposition(media_type: &str, name: &str) -> String {
    let kind = if INLINE.contains(&media_type) { "inline" } else { "attachment" };
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ';
    let plain: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut value = format!("{kind}; filename=\"{plain}\"");
    if plain != name {
        value.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                value.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(value, "%{byte:02X}");
            }
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_is_downloaded() {
        assert!(content_disposition("image/png", "a.png").starts_with("inline;"));
        for media_type in ["text/html", "image/svg+xml", "application/pdf", "application/zip"] {
            assert!(content_disposition(media_type, "a").starts_with("attachment;"), "{media_type}");
        }
    }

    #[test]
    fn a_name_cannot_break_out_of_the_header() {
        let value = content_disposition("text/plain", "a\"; x=\"\r\nSet-Cookie: ä.txt");
        assert_eq!(
            value,
            "inline; filename=\"a_; x=___Set-Cookie: _.txt\"; filename*=UTF-8''a%22%3B%20x%3D%22%0D%0ASet-Cookie%3A%20%C3%A4.txt"
        );
    }
}
