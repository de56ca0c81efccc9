//! A token that is right but for one thing, which chance has chosen; the same things each time.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use fastrand::Rng;

use crate::bad_tokens::Bad;

const SEED: u64 = 5;
/// How many of each kind there are for each of the three parts.
const FLIPS: usize = 60;
const EDITS: usize = 30;
/// How many are cut off somewhere.
const CUTS: usize = 40;

/// Several hundred tokens, none of which is `right`.
pub(crate) fn mutations(right: &str) -> Vec<Bad> {
    let mut rng = Rng::with_seed(SEED);
    let parts: Vec<&str> = right.split('.').collect();
    let mut all = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let mut add = |what: &str, part: String| {
            let mut parts = parts.clone();
            parts[number] = &part;
            all.push((format!("part {number}: {what}"), parts.join(".")));
        };
        for _ in 0..FLIPS {
            add("a bit of the text", flipped_text(&mut rng, part));
            let mut bytes = BASE64.decode(part).expect("base64");
            let at = rng.usize(..bytes.len());
            bytes[at] ^= 1 << rng.u8(..8);
            add("a bit of what it says", BASE64.encode(bytes));
        }
        for _ in 0..EDITS {
            let at = rng.usize(..part.len());
            add("a letter less", format!("{}{}", &part[..at], &part[at + 1..]));
            add("a letter more", format!("{}{}{}", &part[..at], rng.alphanumeric(), &part[at..]));
        }
        let last = part.len() - 1;
        let others = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars();
        for letter in others.filter(|letter| !part.ends_with(*letter)) {
            // Several letters may stand for the same bits at the end of base64.
            add("another last letter", format!("{}{letter}", &part[..last]));
        }
    }
    for _ in 0..CUTS {
        all.push(("cut off at the end".to_owned(), right[..rng.usize(1..right.len())].to_owned()));
        all.push(("cut off at the front".to_owned(), right[rng.usize(1..right.len())..].to_owned()));
    }
    all
}

/// With a bit of one letter changed, so that it is still a letter that fits into a header.
fn flipped_text(rng: &mut Rng, part: &str) -> String {
    loop {
        let mut text = part.as_bytes().to_vec();
        let at = rng.usize(..text.len());
        text[at] ^= 1 << rng.u8(..7);
        if text[at].is_ascii_graphic() {
            return text.into_iter().map(char::from).collect();
        }
    }
}
