//! What is in a document, without interpreting more of it than needed.

use plaza_domain::FileFailure;

use super::{
    DocumentText, Examined,
    office::{self, Office},
    pdf,
};

/// Checks that a document of that media type is whole, counts its pages where that is cheap, and finds its words.
///
/// # Errors
/// `Unreadable` when it is not, or unpacks to more than documents do.
pub(crate) fn examine(bytes: &[u8], media_type: &str) -> Result<Examined, FileFailure> {
    if media_type == "application/pdf" {
        pdf::examine(bytes)
    } else if media_type.starts_with("text/") {
        let text = Some(plain_text(bytes)?);
        Ok(Examined { text, ..Examined::default() })
    } else if let Some(office) = Office::of(media_type) {
        office::examine(bytes, office)
    } else {
        Ok(Examined::default())
    }
}

fn plain_text(bytes: &[u8]) -> Result<DocumentText, FileFailure> {
    match std::str::from_utf8(bytes) {
        Ok(words) if !words.contains('\0') => {
            let mut text = DocumentText::default();
            text.push(words);
            Ok(text)
        }
        Ok(_) | Err(_) => Err(FileFailure::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use lopdf::{
        Document, Object, Stream,
        content::{Content, Operation},
        dictionary,
    };

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    /// A PDF with one line of words a page.
    fn pdf(pages: &[&str]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let mut document = Document::with_version("1.5");
        let tree = document.new_object_id();
        let font = document
            .add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier" });
        let mut kids: Vec<Object> = Vec::new();
        for words in pages {
            let operations = vec![
                Operation::new("BT", vec![]),
                Operation::new("Tf", vec!["F1".into(), 12.into()]),
                Operation::new("Tj", vec![Object::string_literal(*words)]),
                Operation::new("ET", vec![]),
            ];
            let content = Stream::new(dictionary! {}, Content { operations }.encode()?);
            let content = document.add_object(content);
            let page = dictionary! {
                "Type" => "Page",
                "Parent" => tree,
                "Contents" => content,
                "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
            };
            kids.push(document.add_object(page).into());
        }
        let count = pages.len() as i64;
        document.set_object(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes)?;
        Ok(bytes)
    }

    fn words(examined: Result<Examined, FileFailure>) -> Option<String> {
        examined.ok()?.text.map(|text| text.content)
    }

    #[test]
    fn the_pages_of_a_pdf_are_counted_and_read() -> TestResult {
        let facts = examine(&pdf(&["All human beings", "are born free"])?, "application/pdf");
        assert_eq!(facts.as_ref().map(|facts| facts.page_count), Ok(Some(2)));
        assert_eq!(words(facts), Some("All human beings\nare born free\n".to_owned()));
        Ok(())
    }

    #[test]
    fn a_pdf_without_words_has_no_text() -> TestResult {
        let facts = examine(&pdf(&[""])?, "application/pdf");
        assert_eq!(facts, Ok(Examined { page_count: Some(1), ..Examined::default() }));
        Ok(())
    }

    #[test]
    fn a_pdf_that_was_cut_short_is_unreadable() -> TestResult {
        let whole = pdf(&["a", "b", "c"])?;
        let cut = &whole[..whole.len() / 2];
        assert_eq!(examine(cut, "application/pdf"), Err(FileFailure::Unreadable));
        Ok(())
    }

    #[test]
    fn text_must_be_utf_8() {
        assert_eq!(words(examine("héllo".as_bytes(), "text/plain")), Some("héllo".to_owned()));
        assert_eq!(examine(&[0x68, 0xe9], "text/plain"), Err(FileFailure::Unreadable));
        assert_eq!(examine(b"a\0b", "text/plain"), Err(FileFailure::Unreadable));
    }
}
