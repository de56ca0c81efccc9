//! What is in a document, without interpreting more of it than needed.

use plaza_domain::FileFailure;

use super::{DocumentText, pdf, zip::Archive};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DocumentFacts {
    /// Its number of pages or slides, where it is cheap to tell.
    pub(crate) page_count: Option<u32>,
    /// What it says, where that could be found out.
    pub(crate) text: Option<DocumentText>,
}

/// How a document of some media type is looked at.
enum Format {
    Pdf,
    Text,
    /// A ZIP archive of XML files: Office Open XML, OpenDocument.
    Packed {
        slides: bool,
    },
    Other,
}

impl Format {
    fn of(media_type: &str) -> Self {
        if media_type == "application/pdf" {
            Self::Pdf
        } else if media_type.starts_with("text/") {
            Self::Text
        } else if media_type.contains("openxmlformats") || media_type.contains("opendocument") {
            Self::Packed { slides: media_type.ends_with("presentationml.presentation") }
        } else {
            Self::Other
        }
    }
}

/// Checks that a document of that media type is whole, and counts its pages where that is cheap.
///
/// # Errors
/// `Unreadable` when it is not.
pub(crate) fn examine(bytes: &[u8], media_type: &str) -> Result<DocumentFacts, FileFailure> {
    let mut text = None;
    let page_count = match Format::of(media_type) {
        Format::Pdf => pdf::count_pages(bytes)?,
        Format::Text => {
            text = Some(plain_text(bytes)?);
            None
        }
        Format::Packed { slides } => {
            let archive = Archive::parse(bytes).ok_or(FileFailure::Unreadable)?;
            slides.then(|| archive.count(is_slide))
        }
        Format::Other => None,
    };
    Ok(DocumentFacts { page_count, text })
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

/// `ppt/slides/slide12.xml`
fn is_slide(name: &[u8]) -> bool {
    name.strip_prefix(b"ppt/slides/slide")
        .and_then(|rest| rest.strip_suffix(b".xml"))
        .is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRESENTATION: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

    /// The directory of an archive with empty files of these names (APPNOTE.TXT, 4.3.12 and 4.3.16).
    fn archive(names: &[&str]) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04 files ".to_vec();
        let start = bytes.len() as u32;
        for name in names {
            bytes.extend(b"PK\x01\x02");
            bytes.extend([0; 24]);
            bytes.extend((name.len() as u16).to_le_bytes());
            bytes.extend([0; 16]);
            bytes.extend(name.as_bytes());
        }
        let size = bytes.len() as u32 - start;
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend((names.len() as u16).to_le_bytes());
        bytes.extend((names.len() as u16).to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend(start.to_le_bytes());
        bytes.extend([0; 2]);
        bytes
    }

    fn pdf(pages: usize) -> Vec<u8> {
        use lopdf::{Document, Object, dictionary};

        let mut document = Document::with_version("1.5");
        let tree = document.new_object_id();
        let kids: Vec<Object> = (0..pages)
            .map(|_| document.add_object(dictionary! { "Type" => "Page", "Parent" => tree }).into())
            .collect();
        let count = pages as i64;
        document.set_object(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).ok();
        bytes
    }

    #[test]
    fn the_pages_of_a_pdf_are_counted() {
        for pages in [1, 3] {
            let facts = examine(&pdf(pages), "application/pdf");
            assert_eq!(facts.map(|facts| facts.page_count), Ok(Some(pages as u32)));
        }
    }

    #[test]
    fn a_pdf_that_was_cut_short_is_unreadable() {
        let whole = pdf(3);
        let cut = &whole[..whole.len() / 2];
        assert_eq!(examine(cut, "application/pdf"), Err(FileFailure::Unreadable));
    }

    #[test]
    fn text_must_be_utf_8() {
        assert!(examine("héllo".as_bytes(), "text/plain").is_ok());
        assert_eq!(examine(&[0x68, 0xe9], "text/plain"), Err(FileFailure::Unreadable));
        assert_eq!(examine(b"a\0b", "text/plain"), Err(FileFailure::Unreadable));
    }

    #[test]
    fn the_slides_of_a_presentation_are_counted() {
        let bytes = archive(&[
            "[Content_Types].xml",
            "ppt/slides/slide1.xml",
            "ppt/slides/slide2.xml",
            "ppt/slides/_rels/slide1.xml.rels",
            "ppt/slideLayouts/slideLayout1.xml",
        ]);
        let facts = examine(&bytes, PRESENTATION);
        assert_eq!(facts.map(|facts| facts.page_count), Ok(Some(2)));
    }

    #[test]
    fn an_office_file_that_was_cut_short_is_unreadable() {
        let whole = archive(&["[Content_Types].xml", "word/document.xml"]);
        for length in [0, 4, whole.len() / 2, whole.len() - 1] {
            assert_eq!(
                examine(&whole[..length], PRESENTATION),
                Err(FileFailure::Unreadable),
                "{length} bytes were accepted"
            );
        }
    }

    #[test]
    fn an_archive_that_lies_about_its_directory_is_unreadable() {
        let mut bytes = archive(&["word/document.xml"]);
        let total = bytes.len() - 12;
        bytes[total..total + 2].copy_from_slice(&9u16.to_le_bytes());
        assert_eq!(examine(&bytes, PRESENTATION), Err(FileFailure::Unreadable));
    }
}
