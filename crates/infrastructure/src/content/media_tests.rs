//! Uploads that are what they say, and uploads that are not.

use super::*;

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn inspect(name: &str, head: &[u8]) -> Result<&'static str, Refusal> {
    let name = FileName::from_stored(name.to_owned());
    HeadInspector.inspect(&name, head).map(|found| found.media_type)
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend(b"\x08\x06\0\0\0\0\0\0\0");
    head
}

fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08".to_vec();
    head.extend(height.to_be_bytes());
    head.extend(width.to_be_bytes());
    head.extend(b"\x03\x01\x22\0\x02\x11\x01\x03\x11\x01");
    head
}

fn gif(width: u16, height: u16) -> Vec<u8> {
    let mut head = b"GIF89a".to_vec();
    head.extend(width.to_le_bytes());
    head.extend(height.to_le_bytes());
    head.extend(b"\0\0\0");
    head
}

/// Extended WebP: width and height less one, 24 bits each.
fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"RIFF\x00\x10\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    head.extend(&(width - 1).to_le_bytes()[..3]);
    head.extend(&(height - 1).to_le_bytes()[..3]);
    head.extend(b"VP8 \0\0\0\0");
    head
}

fn zip(members: &[(&str, &[u8])]) -> Result<Vec<u8>, std::num::TryFromIntError> {
    let mut head = Vec::new();
    for (name, content) in members {
        head.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        head.extend(u16::try_from(name.len())?.to_le_bytes());
        head.extend(b"\0\0");
        head.extend(name.as_bytes());
        head.extend(*content);
    }
    Ok(head)
}

#[test]
fn pictures_and_documents_are_known_by_their_content() -> TestResult {
    let word = zip(&[("[Content_Types].xml", b"x"), ("_rels/.rels", b"x"), ("word/document.xml", b"x")])?;
    let sheet = zip(&[("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"x")])?;
    let odt = zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", b"x")])?;
    for (name, head, media_type) in [
        ("a.png", png(10, 10), "image/png"),
        ("a.JPG", jpeg(10, 10), "image/jpeg"),
        ("a.jpeg", jpeg(10, 10), "image/jpeg"),
        ("a.gif", gif(10, 10), "image/gif"),
        ("a.webp", webp(10, 10), "image/webp"),
        ("blob", png(10, 10), "image/png"),
        ("a.pdf", b"%PDF-1.7\n".to_vec(), "application/pdf"),
        ("a.docx", word, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.xlsx", sheet, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.odt", odt, "application/vnd.oasis.opendocument.text"),
        ("a.txt", "naïve".into(), "text/plain"),
        ("a.md", b"# title".to_vec(), "text/markdown"),
        ("a.csv", b"a,b\n".to_vec(), "text/csv"),
    ] {
        assert_eq!(inspect(name, &head), Ok(media_type), "{name}");
    }
    Ok(())
}

#[test]
fn other_content_is_refused_whatever_its_name() -> TestResult {
    let archive = zip(&[("evil.exe", b"x")])?;
    let template =
        zip(&[("mimetype", b"application/vnd.oasis.opendocument.text-template"), ("content.xml", b"x")])?;
    for head in [
        b"MZ\x90\0\x03\0\0\0".to_vec(),
        b"\x7fELF\x02\x01\x01\0".to_vec(),
        b"<!DOCTYPE html><script>".to_vec(),
        b"<svg xmlns=\"http://www.w3.org/2000/svg\">".to_vec(),
        b"#!/bin/sh\n".to_vec(),
        archive,
        template,
        Vec::new(),
    ] {
        for name in ["a.png", "a.pdf", "a.docx", "a.odt", "a"] {
            assert_eq!(inspect(name, &head), Err(Refusal::UnsupportedType), "{name}");
        }
    }
    Ok(())
}

#[test]
fn a_name_that_promises_another_type_is_refused() {
    for name in ["a.jpg", "a.pdf", "a.exe", "a.png.html"] {
        assert!(
            matches!(inspect(name, &png(10, 10)), Err(Refusal::Mismatch { found: "image/png", .. })),
            "{name}"
        );
    }
}

#[test]
fn text_has_no_nuls_and_is_utf_8() {
    for head in [b"a\0b".as_slice(), b"\xff\xfea\0", b"caf\xe9 au lait"] {
        assert_eq!(inspect("a.txt", head), Err(Refusal::UnsupportedType));
    }
    let cut = &"é".as_bytes()[..1];
    assert_eq!(inspect("a.txt", cut), Ok("text/plain"));
}

#[test]
fn a_picture_with_too_many_pixels_is_refused_before_it_is_decoded() {
    for (name, head) in [
        ("a.png", png(12_001, 1)),
        ("a.png", png(8000, 8000)),
        ("a.png", png(u32::MAX, u32::MAX)),
        ("a.jpg", jpeg(65_000, 65_000)),
        ("a.gif", gif(65_000, 65_000)),
        ("a.webp", webp(16_000, 16_000)),
    ] {
        assert!(matches!(inspect(name, &head), Err(Refusal::TooManyPixels { .. })), "{name}");
    }
}
