//! How the worker and its child talk: the length of a header, the header in JSON, and the bytes that it announces.

use std::io::{self, Read, Write};

use plaza_domain::{FileFailure, MAX_FILE_TEXT};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::media::{Examined, MediaJob, MediaWork, Rendition, RenditionFormat};

const MAX_HEADER: usize = 64 * 1024;
/// The largest variant without loss has 1280 × 1280 pixels of 4 bytes, and there are two small ones.
pub(super) const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The longest that a BlurHash of 9 × 9 components gets.
const MAX_BLUR_HASH: usize = 6 + 2 * 80;

/// What a child is asked for; the bytes follow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) job: MediaJob,
    /// How many bytes follow.
    pub(super) size: u64,
    /// How many bytes the child may allocate.
    pub(super) memory: u64,
    /// How long its processor may work for it.
    pub(super) cpu_seconds: u64,
}

/// What a child says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Verdict {
    Examined(Examined),
    Refused(FileFailure),
    Failed(String),
}

#[derive(Serialize, Deserialize)]
struct Answer {
    verdict: Verdict,
    /// The lengths of what follows: the renditions, then the words.
    parts: Vec<u32>,
}

/// A header as it is sent.
pub(super) fn framed(header: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let json = serde_json::to_vec(header)?;
    let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
    Ok([length.to_le_bytes().as_slice(), &json].concat())
}

pub(super) fn read_request(input: &mut impl Read) -> io::Result<Request> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_HEADER {
        return Err(io::Error::other("the header of the request is too long"));
    }
    let mut json = vec![0; length];
    input.read_exact(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

pub(super) fn write_answer(output: &mut impl Write, verdict: Verdict) -> io::Result<()> {
    let parts = parts(&verdict).iter().map(|part| u32::try_from(part.len()).unwrap_or(u32::MAX)).collect();
    let answer = Answer { verdict, parts };
    output.write_all(&framed(&answer)?)?;
    for part in self::parts(&answer.verdict) {
        output.write_all(part)?;
    }
    output.flush()
}

fn parts(verdict: &Verdict) -> Vec<&[u8]> {
    let Verdict::Examined(examined) = verdict else {
        return Vec::new();
    };
    let renditions = examined.renditions.iter().map(|rendition| rendition.bytes.as_slice());
    renditions.chain(examined.text.iter().map(|text| text.content.as_bytes())).collect()
}

/// What a child has answered to `job`; `None` when it makes no sense: whoever took over a child could say anything.
pub(super) fn parse_answer(bytes: &[u8], job: &MediaJob) -> Option<Verdict> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let (json, mut rest) = rest.split_at_checked(length).filter(|_| length <= MAX_HEADER)?;
    let Answer { mut verdict, parts } = header(json)?;
    let mut parts = parts.into_iter();
    let mut next = || {
        let (part, others) = rest.split_at_checked(parts.next()? as usize)?;
        rest = others;
        Some(part.to_vec())
    };
    if let Verdict::Examined(examined) = &mut verdict {
        for rendition in &mut examined.renditions {
            rendition.bytes = next()?;
        }
        if let Some(text) = &mut examined.text {
            text.content = String::from_utf8(next()?).ok()?;
        }
        if !is_sensible(examined, job) {
            return None;
        }
    }
    (parts.next().is_none() && rest.is_empty()).then_some(verdict)
}

fn header<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}

fn is_sensible(examined: &Examined, job: &MediaJob) -> bool {
    let wanted = match &job.work {
        MediaWork::Picture { variants } => variants.as_slice(),
        MediaWork::Document => &[],
    };
    let names = examined.renditions.iter().map(|rendition| rendition.name);
    let hash = examined.blur_hash.as_deref().unwrap_or_default();
    names.eq(wanted.iter().copied())
        && examined.renditions.iter().all(is_variant)
        && hash.len() <= MAX_BLUR_HASH
        && hash.bytes().all(|byte| byte.is_ascii_graphic())
        && examined.dominant_color.is_none_or(|color| color <= 0x00ff_ffff)
        && examined
            .text
            .as_ref()
            .is_none_or(|text| text.content.len() <= MAX_FILE_TEXT && !text.content.contains('\0'))
}

fn is_variant(rendition: &Rendition) -> bool {
    let begins_well = match rendition.format {
        RenditionFormat::Jpeg => rendition.bytes.starts_with(&[0xFF, 0xD8, 0xFF]),
        RenditionFormat::WebP => {
            rendition.bytes.starts_with(b"RIFF") && rendition.bytes.get(8..12) == Some(b"WEBP")
        }
    };
    let sides = 1..=rendition.name.longest_side();
    begins_well && sides.contains(&rendition.width) && sides.contains(&rendition.height)
}

#[cfg(test)]
mod tests;
