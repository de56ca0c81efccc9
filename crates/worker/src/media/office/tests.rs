//! Office documents are packed here, whole and damaged.

use std::io::Write;

use plaza_domain::MAX_FILE_TEXT;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

type TestResult = std::result::Result<(), Box<dyn std::error::Error>>;

fn archive(parts: &[(&str, &[u8])]) -> Result<Vec<u8>, ZipError> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default())?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}

fn words(parts: &[(&str, &[u8])], office: Office) -> Result<String, Box<dyn std::error::Error>> {
    let examined = examine(&archive(parts)?, office).map_err(FileFailure::as_str)?;
    Ok(examined.text.ok_or("no words")?.content)
}

#[test]
fn the_words_of_a_letter_are_found() -> TestResult {
    let letter = br#"<?xml version="1.0"?><w:document xmlns:w="w"><w:body>
        <w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr>
            <w:r><w:t>Dear</w:t><w:tab/><w:t xml:space="preserve"> Ada &amp; co&#46;</w:t></w:r></w:p>
        <w:p><w:r><w:t>second</w:t><w:br/><w:t>line</w:t><w:delText>gone</w:delText></w:r></w:p>
        </w:body></w:document>"#;
    let notes = b"<w:footnotes><w:p><w:t>a note</w:t></w:p></w:footnotes>";
    let parts: &[(&str, &[u8])] =
        &[("word/footnotes.xml", notes), ("[Content_Types].xml", b"<Types/>"), ("word/document.xml", letter)];
    assert_eq!(words(parts, Office::Words)?, "Dear\t Ada & co.\nsecond\nline\na note\n");
    Ok(())
}

#[test]
fn the_words_of_a_table_are_found() -> TestResult {
    let shared = b"<sst><si><t>Name</t></si><si><r><t>Love</t></r><r><t>lace</t></r></si></sst>";
    let sheet = b"<worksheet><c t=\"inlineStr\"><is><t>here</t></is></c><c><v>12</v></c></worksheet>";
    let parts: &[(&str, &[u8])] = &[("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", shared)];
    assert_eq!(words(parts, Office::Sheets)?, "Name\nLovelace\nhere\n");
    Ok(())
}

#[test]
fn slides_are_counted_and_read_in_their_order() -> TestResult {
    let slide = |words: &str| format!("<p:sld><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:sld>").into_bytes();
    let (first, second, tenth) = (slide("one"), slide("two"), slide("ten"));
    let bytes = archive(&[
        ("ppt/slides/slide10.xml", &tenth),
        ("ppt/slides/slide2.xml", &second),
        ("ppt/slides/slide1.xml", &first),
        ("ppt/slides/_rels/slide1.xml.rels", b"<Relationships/>"),
        ("ppt/slideLayouts/slideLayout1.xml", b"<p/>"),
    ])?;
    let examined = examine(&bytes, Office::Slides).map_err(FileFailure::as_str)?;
    assert_eq!(examined.page_count, Some(3));
    assert_eq!(examined.text.map(|text| text.content).as_deref(), Some("one\ntwo\nten\n"));
    Ok(())
}

#[test]
fn the_words_of_an_open_document_are_found() -> TestResult {
    let content = "<office:document-content><text:h>Über</text:h><table:table-cell><text:p>a<text:s/>b<text:tab/>\
        <text:span>c</text:span></text:p></table:table-cell> aside </office:document-content>";
    let parts: &[(&str, &[u8])] = &[("mimetype", b"x"), ("content.xml", content.as_bytes())];
    assert_eq!(words(parts, Office::Open)?, "Über\na b\tc\n");
    Ok(())
}

#[test]
fn more_words_than_are_kept_are_cut() -> TestResult {
    // Each paragraph is another, as in a document that is long and no bomb.
    let paragraphs: String = (0..200_000_u32)
        .map(|n| format!("<w:p><w:t>{}</w:t></w:p>", n.wrapping_mul(2_654_435_761)))
        .collect();
    let bytes = archive(&[("word/document.xml", format!("<w:d>{paragraphs}</w:d>").as_bytes())])?;
    let text = examine(&bytes, Office::Words).map_err(FileFailure::as_str)?.text.ok_or("no words")?;
    assert!(text.is_truncated);
    assert_eq!(text.content.len(), MAX_FILE_TEXT);
    Ok(())
}

#[test]
fn a_bomb_is_refused() -> TestResult {
    let zeros = vec![b' '; 80 * 1024 * 1024];
    let bomb = archive(&[("word/document.xml", &zeros)])?;
    assert!(bomb.len() < 200_000);
    assert_eq!(examine(&bomb, Office::Words), Err(FileFailure::Unreadable));
    // The same where no words are looked for is nobody's trouble.
    let beside = archive(&[("word/document.xml", b"<p><t>x</t></p>"), ("word/media/a.bmp", &zeros)])?;
    assert!(examine(&beside, Office::Words).is_ok());

    let names: Vec<_> = (0..=MAX_ENTRIES).map(|number| format!("ppt/slides/slide{number}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert_eq!(examine(&archive(&parts)?, Office::Slides), Err(FileFailure::Unreadable));
    Ok(())
}

#[test]
fn entities_are_not_expanded() -> TestResult {
    let laughs =
        br#"<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>
        <d><p><t>before</t></p><p><t>&b;&f;</t></p><p><t>after</t></p></d>"#;
    let bytes = archive(&[("word/document.xml", laughs)])?;
    let text = examine(&bytes, Office::Words).map_err(FileFailure::as_str)?.text.ok_or("no words")?;
    assert_eq!((text.content.as_str(), text.is_truncated), ("before\n", true));
    Ok(())
}

#[test]
fn a_file_that_was_cut_short_or_damaged_is_unreadable() -> TestResult {
    let words: String =
        (0..2_000_u32).map(|n| format!("<p><t>{}</t></p>", n.wrapping_mul(2_654_435_761))).collect();
    let whole = archive(&[("word/document.xml", format!("<d>{words}</d>").as_bytes())])?;
    for length in [0, 4, whole.len() / 2, whole.len() - 1] {
        assert_eq!(examine(&whole[..length], Office::Words), Err(FileFailure::Unreadable), "{length} bytes");
    }
    let mut damaged = whole;
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(0);
    assert_eq!(examine(&damaged, Office::Words), Err(FileFailure::Unreadable));
    Ok(())
}
