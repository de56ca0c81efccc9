//! What passes between a worker and its child, and what does not.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use plaza_domain::VariantName;

use super::*;
use crate::media::DocumentText;

fn picture_job() -> MediaJob {
    let variants = vec![VariantName::Thumbnail, VariantName::Preview];
    MediaJob { media_type: "image/png".to_owned(), work: MediaWork::Picture { variants } }
}

fn document_job() -> MediaJob {
    MediaJob { media_type: "text/plain".to_owned(), work: MediaWork::Document }
}

fn rendition(name: VariantName, bytes: &[u8]) -> Rendition {
    Rendition { name, format: RenditionFormat::Jpeg, width: 20, height: 10, bytes: bytes.to_vec() }
}

fn picture() -> Examined {
    Examined {
        width: Some(40),
        height: Some(20),
        blur_hash: Some("LEHV6nWB2yk8".to_owned()),
        dominant_color: Some(0x0012_3456),
        renditions: vec![
            rendition(VariantName::Thumbnail, &[0xFF, 0xD8, 0xFF, 1]),
            rendition(VariantName::Preview, &[0xFF, 0xD8, 0xFF, 2, 3]),
        ],
        ..Examined::default()
    }
}

fn document(content: &str) -> Examined {
    let text = DocumentText { content: content.to_owned(), is_truncated: true };
    Examined { page_count: Some(3), text: Some(text), ..Examined::default() }
}

fn written(verdict: Verdict) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_answer(&mut bytes, verdict).unwrap();
    bytes
}

fn is_accepted(examined: Examined, job: &MediaJob) -> bool {
    parse_answer(&written(Verdict::Examined(examined)), job).is_some()
}

#[test]
fn a_request_arrives_as_it_was_sent() {
    let request = Request { job: picture_job(), size: 9, memory: 1 << 29, cpu_seconds: 30 };
    let bytes = framed(&request).unwrap();
    let mut input = bytes.as_slice();
    let read = read_request(&mut input).unwrap();
    assert_eq!((read.job, read.size, read.memory, read.cpu_seconds), (picture_job(), 9, 1 << 29, 30));
    assert!(input.is_empty());
    assert!(read_request(&mut [0xFF; 64].as_slice()).is_err());
}

#[test]
fn an_answer_arrives_as_it_was_given() {
    for (verdict, job) in [
        (Verdict::Examined(picture()), picture_job()),
        (Verdict::Examined(document("Grüße")), document_job()),
        (Verdict::Refused(FileFailure::TooManyPixels), picture_job()),
        (Verdict::Failed("no luck".to_owned()), document_job()),
    ] {
        let bytes = written(match &verdict {
            Verdict::Examined(examined) => Verdict::Examined(examined.clone()),
            Verdict::Refused(failure) => Verdict::Refused(*failure),
            Verdict::Failed(reason) => Verdict::Failed(reason.clone()),
        });
        assert_eq!(parse_answer(&bytes, &job), Some(verdict));
        for length in 0..bytes.len() {
            assert_eq!(parse_answer(&bytes[..length], &job), None, "{length} of {} bytes", bytes.len());
        }
        assert_eq!(parse_answer(&[bytes.as_slice(), b"x"].concat(), &job), None);
    }
}

#[test]
fn an_answer_to_another_question_is_nonsense() {
    assert!(!is_accepted(picture(), &document_job()));
    assert!(!is_accepted(document("words"), &picture_job()));
    assert!(is_accepted(picture(), &picture_job()));
    let html = rendition(VariantName::Preview, b"<!doctype html>");
    let large = Rendition { width: 5000, ..rendition(VariantName::Preview, &[0xFF, 0xD8, 0xFF]) };
    for preview in [html, large] {
        let mut lie = picture();
        lie.renditions[1] = preview;
        assert!(!is_accepted(lie, &picture_job()));
    }
    for lie in [
        Examined { dominant_color: Some(u32::MAX), ..picture() },
        Examined { blur_hash: Some("<b>".repeat(99)), ..picture() },
        Examined { renditions: Vec::new(), ..picture() },
    ] {
        assert!(!is_accepted(lie, &picture_job()));
    }
    assert!(!is_accepted(document("a\0b"), &document_job()));
}
