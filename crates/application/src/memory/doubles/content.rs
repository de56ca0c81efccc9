//! Markdown that is not understood, and uploads that are believed.

use plaza_domain::{FileKind, FileName};

use crate::ports::{Markup, MediaInspector, MediaType, Refusal};

/// Shows Markdown as it was written: escaped, in one paragraph.
#[derive(Clone, Copy, Debug, Default)]
pub struct EscapingMarkup;

impl Markup for EscapingMarkup {
    fn render(&self, markdown: &str) -> String {
        let mut html = String::with_capacity(markdown.len() + "<p></p>".len());
        html.push_str("<p>");
        for c in markdown.chars() {
            match c {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                c => html.push(c),
            }
        }
        html.push_str("</p>");
        html
    }

    fn prose(&self, markdown: &str) -> String {
        markdown.to_owned()
    }
}

/// Takes every upload for what its name ends in, without a look at its content; names it does not know are plain text.
#[derive(Clone, Copy, Debug, Default)]
pub struct AcceptingInspector;

impl MediaInspector for AcceptingInspector {
    fn head_size(&self) -> usize {
        4096
    }

    fn inspect(&self, name: &FileName, _head: &[u8]) -> Result<MediaType, Refusal> {
        let (kind, media_type, extension) = match name.extension().as_str() {
            "png" => (FileKind::Image, "image/png", "png"),
            "jpg" | "jpeg" => (FileKind::Image, "image/jpeg", "jpg"),
            "gif" => (FileKind::Image, "image/gif", "gif"),
            "webp" => (FileKind::Image, "image/webp", "webp"),
            "pdf" => (FileKind::Document, "application/pdf", "pdf"),
            _ => (FileKind::Document, "text/plain", "txt"),
        };
        Ok(MediaType { kind, media_type, extension })
    }
}
