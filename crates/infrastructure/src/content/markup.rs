//! Markdown: CommonMark with tables and strikethrough, without HTML of its own, sanitised.

use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};
use plaza_application::ports::Markup;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd, html};

use super::{plain, prose};

const TAGS: [&str; 26] = [
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
    "s",
];

/// What is understood beyond CommonMark.
pub(super) const OPTIONS: Options = Options::ENABLE_STRIKETHROUGH.union(Options::ENABLE_TABLES);

/// The most elements of one message, and the most within each other; a text with more is shown as it was written.
const MAX_ELEMENTS: usize = 2_000;
const MAX_DEPTH: usize = 16;

/// Turns Markdown into HTML that is safe to show, twice over: HTML in the text is shown as text, and what comes out
/// passes an allow-list.
pub struct CommonMark {
    sanitiser: Builder<'static>,
}

impl CommonMark {
    /// The usual rules.
    pub fn new() -> Self {
        let mut sanitiser = Builder::empty();
        sanitiser
            .tags(HashSet::from(TAGS))
            .tag_attributes(HashMap::from([
                ("a", HashSet::from(["href", "title"])),
                ("ol", HashSet::from(["start"])),
            ]))
            .url_schemes(HashSet::from(["http", "https", "mailto"]))
            .url_relative(UrlRelative::Deny)
            .link_rel(Some("nofollow noopener noreferrer"));
        Self { sanitiser }
    }

    /// `None` when the text is built to be expensive.
    fn render_markup(&self, markdown: &str) -> Option<String> {
        let mut links = Links::default();
        let mut size = Size::default();
        let mut events = Vec::new();
        for event in Parser::new_ext(markdown, OPTIONS) {
            size.add(&event)?;
            events.extend(links.rewrite(event));
        }
        let mut unsafe_html = String::with_capacity(markdown.len() * 2);
        html::push_html(&mut unsafe_html, events.into_iter());
        let mut safe = self.sanitiser.clean(&unsafe_html).to_string();
        safe.truncate(safe.trim_end().len());
        Some(safe)
    }
}

/// How large the tree of a text is. A quotation in a quotation in a … costs the sanitiser more than its length, and a
/// table has as many cells in each row as its head has: a few thousand characters can make a million elements.
#[derive(Default)]
pub(super) struct Size {
    elements: usize,
    depth: usize,
}

impl Size {
    /// `None` when it is more than anybody means.
    pub(super) fn add(&mut self, event: &Event<'_>) -> Option<()> {
        match event {
            Event::Start(_) => {
                self.elements += 1;
                self.depth += 1;
            }
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        (self.elements <= MAX_ELEMENTS && self.depth <= MAX_DEPTH).then_some(())
    }
}

impl Default for CommonMark {
    fn default() -> Self {
        Self::new()
    }
}

impl Markup for CommonMark {
    fn render(&self, markdown: &str) -> String {
        plain::render(markdown)
            .or_else(|| self.render_markup(markdown))
            .unwrap_or_else(|| format!("<pre>{}</pre>", ammonia::clean_text(markdown)))
    }

    fn prose(&self, markdown: &str) -> String {
        // A text that is built to be expensive is shown as code is, and says nothing in words.
        prose::of(markdown).unwrap_or_default()
    }
}

/// Makes links of pictures, because a picture fetched from elsewhere tells its owner who reads; and text of HTML.
#[derive(Default)]
struct Links {
    depth: usize,
}

impl Links {
    fn rewrite<'a>(&mut self, event: Event<'a>) -> Option<Event<'a>> {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
            Event::SoftBreak => Some(Event::HardBreak),
            Event::Start(Tag::Image { dest_url, title, id, .. }) => {
                self.open(Tag::Link { link_type: LinkType::Inline, dest_url, title, id })
            }
            Event::Start(link @ Tag::Link { .. }) => self.open(link),
            Event::End(TagEnd::Image | TagEnd::Link) => {
                self.depth -= 1;
                (self.depth == 0).then_some(Event::End(TagEnd::Link))
            }
            other => Some(other),
        }
    }

    /// A link within a link is none.
    fn open<'a>(&mut self, link: Tag<'a>) -> Option<Event<'a>> {
        self.depth += 1;
        (self.depth == 1).then_some(Event::Start(link))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn render(markdown: &str) -> String {
        CommonMark::new().render(markdown)
    }

    #[test]
    fn markdown_becomes_html() {
        for (markdown, html) in [
            ("hello", "<p>hello</p>"),
            ("one\ntwo", "<p>one<br>\ntwo</p>"),
            ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>"),
            ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
            (
                "[site](https://example.org \"t\")",
                "<p><a href=\"https://example.org\" title=\"t\" rel=\"nofollow noopener noreferrer\">site</a></p>",
            ),
            ("```rust\nlet x;\n```", "<pre><code>let x;\n</code></pre>"),
        ] {
            assert_eq!(render(markdown), html);
        }
    }

    #[test]
    fn a_text_that_is_built_to_be_expensive_is_shown_as_it_was_written() {
        let table = format!("{}\n{}\n{}", "|a".repeat(600), "|-".repeat(600), "x\n".repeat(500));
        for text in [">".repeat(3_999) + "x", "- ".repeat(1_999) + "x", ">- ".repeat(1_300) + "x", table] {
            let html = render(&text);
            assert!(html.starts_with("<pre>") && html.len() < 5 * text.len(), "{} bytes", html.len());
        }
        assert!(!render("> > > quoted **and bold**").starts_with("<pre>"));
    }

    #[test]
    fn html_is_shown_as_text() {
        assert_eq!(render("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
        assert_eq!(render("a <b onclick=x>b</b>"), "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>");
    }

    #[test]
    fn links_lead_to_the_web_or_to_mail_and_nowhere_else() {
        for target in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "&#106;avascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "//evil.example",
            "/api/v1/auth/logout",
        ] {
            let html = render(&format!("[x](<{target}>)"));
            assert!(!html.contains("href"), "{target}: {html}");
        }
        assert!(render("<mailto:ada@example.org>").contains("href=\"mailto:ada@example.org\""));
    }

    #[test]
    fn pictures_become_links() {
        let html = render("![a cat](https://tracker.example/cat.png)");
        assert!(!html.contains("<img"));
        assert!(html.contains("href=\"https://tracker.example/cat.png\""));
        let nested = render("[![a cat](https://a.example/cat.png)](https://b.example/)");
        assert_eq!(nested.matches("<a ").count(), 1, "{nested}");
        assert!(nested.contains("a cat"));
    }

    /// Whether a tag, without its brackets, has a name and a first attribute of the list and leads nowhere bad.
    fn is_harmless(tag: &str) -> bool {
        let tag = tag.trim_start_matches('/');
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        let attributes = tag.strip_prefix(name).unwrap_or_default().trim_start();
        let first = attributes.split_inclusive('"').next().unwrap_or_default();
        let known = ["", "href=\"", "title=\"", "rel=\"", "start=\""];
        TAGS.contains(&name) && known.contains(&first) && !tag.contains("href=\"javascript")
    }

    fn tags(html: &str) -> impl Iterator<Item = &str> {
        html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default())
    }

    const FRAGMENTS: [&str; 34] = [
        "<script>",
        "</script>",
        "<img src=x onerror=alert(1)>",
        "javascript:alert(1)",
        "[a](",
        "![a](",
        ")",
        "](",
        "[",
        "<",
        ">",
        "\"",
        "'",
        "`",
        "```\n",
        "*",
        "_",
        "~~",
        "|",
        "\n",
        "\n\n",
        "    ",
        "- ",
        "> ",
        "# ",
        "<a href=\"",
        "&lt;",
        "&#60;",
        "&",
        "<svg/onload=x>",
        "<!--",
        "-->",
        "https://example.org",
        "word ",
    ];

    proptest! {
        #[test]
        fn nothing_dangerous_survives(pieces in prop::collection::vec(prop::sample::select(&FRAGMENTS[..]), 0..24)) {
            let html = render(&pieces.concat());
            prop_assert!(tags(&html).all(is_harmless), "{html}");
        }

        #[test]
        fn the_short_way_gives_what_the_long_way_gives(text in "[a-c 0-9.,:;!?()'\"/+=>é@%{}^$\n-]{1,24}") {
            if let Some(html) = plain::render(&text) {
                prop_assert_eq!(Some(html), CommonMark::new().render_markup(&text));
            }
        }
    }

    #[test]
    fn ordinary_messages_take_the_short_way() {
        for text in
            ["hello", "How are you? I'm fine, thanks!", "see https://example.org/a-b", "naïve 😀\nsecond"]
        {
            assert!(plain::render(text).is_some(), "{text}");
        }
    }
}
