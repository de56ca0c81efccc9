//! What a text says in words: without code, and without links.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::markup::{OPTIONS, Size};

/// The words of a text, or `None` when it is built to be expensive. What is left out, and what begins a line or a cell,
/// is a blank.
pub(super) fn of(markdown: &str) -> Option<String> {
    let mut prose = String::with_capacity(markdown.len());
    let mut size = Size::default();
    let mut silent = 0_usize;
    for event in Parser::new_ext(markdown, OPTIONS) {
        size.add(&event)?;
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::Link { .. } | Tag::Image { .. }) => silent += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::Link | TagEnd::Image) => {
                silent = silent.saturating_sub(1);
                prose.push(' ');
            }
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough)
            | Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) => {}
            // HTML is shown as text.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) if silent == 0 => {
                prose.push_str(&text);
            }
            _ => prose.push(' '),
        }
    }
    Some(prose)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(markdown: &str) -> String {
        of(markdown).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn code_and_links_are_no_words() {
        for (markdown, expected) in [
            ("hello @ada", "hello @ada"),
            ("run `@ada` now", "run now"),
            ("a\n\n    @ada\n\nb", "a b"),
            ("```\n@ada\n```\n@bob", "@bob"),
            ("[@ada](https://example.org) @bob", "@bob"),
            ("<https://example.org/@ada> x", "x"),
            ("![@ada](https://example.org/a.png)", ""),
        ] {
            assert_eq!(words(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn words_stay_whole_and_apart() {
        for (markdown, expected) in [
            ("**@ada** _@bob_ ~~@eve~~", "@ada @bob @eve"),
            ("@a_b_c @d\\_e_", "@a_b_c @d_e_"),
            ("ma*i*l@ada", "mail@ada"),
            ("- @ada\n- @bob\n\n> @eve", "@ada @bob @eve"),
            ("one\n@ada", "one @ada"),
            ("|a|b|\n|-|-|\n|@ada|@bob|", "a b @ada @bob"),
            ("<b>@ada</b>", "<b>@ada</b>"),
        ] {
            assert_eq!(words(markdown), expected, "{markdown}");
        }
    }

    #[test]
    fn a_text_that_is_built_to_be_expensive_says_nothing() {
        assert_eq!(of(&(">".repeat(3_000) + "@ada")), None);
    }
}
