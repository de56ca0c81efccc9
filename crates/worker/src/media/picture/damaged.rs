//! Pictures that are damaged, lie, or are something else as well: each fails cleanly, or is shown without what does not
//! belong to it.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::io::{Cursor, Write};

use image::{ImageFormat, Rgb, RgbImage};
use plaza_domain::FileFailure;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

const FORMATS: [(ImageFormat, &str); 4] = [
    (ImageFormat::Jpeg, "image/jpeg"),
    (ImageFormat::Png, "image/png"),
    (ImageFormat::Gif, "image/gif"),
    (ImageFormat::WebP, "image/webp"),
];

/// A picture with some detail, so that every part of a file has something in it.
fn whole(format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(60, 40, |x, y| Rgb([(x * 4) as u8, (y * 6) as u8, (x * y) as u8]));
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

/// What comes of it: `Ok` with the variants, or why the file has failed. That it is the worker's fault, or a panic, is
/// never what comes of it.
fn outcome(bytes: &[u8], media_type: &str) -> Result<Examined, FileFailure> {
    render(bytes, media_type, &VariantName::ALL, PictureLimits::default()).map_err(|error| match error {
        MediaError::Refused(failure) => failure,
        other => unreachable!("{other:?}"),
    })
}

fn refusal(bytes: &[u8], media_type: &str) -> Option<FileFailure> {
    outcome(bytes, media_type).err()
}

/// CRC-32 as in ISO/IEC 15948, annex D.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}

fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [name.as_slice(), data].concat();
    [(data.len() as u32).to_be_bytes().as_slice(), &body, &crc(&body).to_be_bytes()].concat()
}

fn png(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let end = png_chunk(b"IEND", &[]);
    [b"\x89PNG\r\n\x1a\n".as_slice(), &png_chunk(b"IHDR", &header), &chunks.concat(), &end].concat()
}

/// Zeros as zlib packs them (RFC 1950), a thousandth of their length.
fn packed_zeros(count: usize) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("z", SimpleFileOptions::default()).unwrap();
    archive.write_all(&vec![0; count]).unwrap();
    let archive = archive.finish().unwrap().into_inner();
    let directory = archive.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    let size = u32::from_le_bytes(archive[directory + 20..directory + 24].try_into().unwrap()) as usize;
    let extra = usize::from(u16::from_le_bytes([archive[28], archive[29]]));
    let deflated = &archive[31 + extra..31 + extra + size];
    // The checksum of zeros (Adler-32) counts them in its upper half.
    let checksum = ((count % 65_521) as u32) << 16 | 1;
    [&[0x78, 0x01], deflated, &checksum.to_be_bytes()].concat()
}

#[test]
fn a_picture_cut_at_many_places_is_refused() {
    for (format, media_type) in FORMATS {
        let whole = whole(format);
        assert_eq!(refusal(&whole, media_type), None);
        let step = whole.len().div_ceil(200);
        for length in (0..whole.len() * 9 / 10).step_by(step) {
            let refusal = refusal(&whole[..length], media_type);
            assert!(refusal.is_some(), "{length} of {} bytes of {media_type} were taken", whole.len());
        }
        // What is missing at the very end may be what nobody looks at: but it is never a fault of ours.
        for length in (whole.len() * 9 / 10..whole.len()).step_by(step) {
            let _ = outcome(&whole[..length], media_type);
        }
    }
}

#[test]
fn a_picture_with_a_byte_changed_is_refused_or_shown() {
    for (format, media_type) in FORMATS {
        let whole = whole(format);
        let step = whole.len().div_ceil(100);
        for (place, change) in (0..whole.len()).step_by(step).flat_map(|place| [(place, 0xFF), (place, 0x01)])
        {
            let mut changed = whole.clone();
            changed[place] ^= change;
            if let Ok(examined) = outcome(&changed, media_type) {
                assert_eq!(examined.renditions.len(), 3, "byte {place} of {media_type}");
            }
        }
    }
}

#[test]
fn wrong_checksums_are_damage() {
    let mut bytes = whole(ImageFormat::Png);
    let data = bytes.windows(4).position(|window| window == b"IDAT").unwrap();
    let length = u32::from_be_bytes(bytes[data - 4..data].try_into().unwrap()) as usize;
    bytes[data + 4 + length] ^= 0xFF;
    assert_eq!(refusal(&bytes, "image/png"), Some(FileFailure::Unreadable));
}

#[test]
fn a_picture_without_pixels_is_unreadable() {
    for (width, height) in [(0, 0), (0, 10), (10, 0)] {
        let bytes = png(width, height, &[png_chunk(b"IDAT", &packed_zeros(10))]);
        assert_eq!(refusal(&bytes, "image/png"), Some(FileFailure::Unreadable), "{width} × {height}");
        let mut bytes = whole(ImageFormat::Gif);
        bytes[6..10].copy_from_slice(&[width as u8, 0, height as u8, 0]);
        assert_eq!(refusal(&bytes, "image/gif"), Some(FileFailure::Unreadable), "{width} × {height}");
    }
}

#[test]
fn more_pixels_than_are_decoded_are_refused_by_the_header() {
    let mut gif = whole(ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xFF; 4]);
    assert_eq!(refusal(&gif, "image/gif"), Some(FileFailure::TooManyPixels));

    // 16,383 × 16,383, in the 14 bits each that WebP without loss has for its sides (RFC 9649, 3.4).
    let mut webp = whole(ImageFormat::WebP);
    let start = webp.windows(4).position(|window| window == b"VP8L").unwrap() + 9;
    webp[start..start + 3].copy_from_slice(&[0xFE, 0xBF, 0xFF]);
    webp[start + 3] |= 0x0F;
    assert_eq!(refusal(&webp, "image/webp"), Some(FileFailure::TooManyPixels));

    let mut jpeg = whole(ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|window| window == [0xFF, 0xC0]).unwrap() + 5;
    jpeg[frame..frame + 4].copy_from_slice(&[0x2E, 0xE0, 0x2E, 0xE0]);
    assert_eq!(refusal(&jpeg, "image/jpeg"), Some(FileFailure::TooManyPixels));
}

#[test]
fn what_unpacks_to_more_than_the_pixels_is_not_unpacked() {
    // 64 MB of pixels for a picture that has 300 bytes of them, and a colour profile of 64 MB.
    let zeros = packed_zeros(64 << 20);
    let pixels = packed_zeros(10 * (10 * 3 + 1));
    let _ = outcome(&png(10, 10, &[png_chunk(b"IDAT", &zeros)]), "image/png");
    let profile = [b"p\0\0".as_slice(), &zeros].concat();
    let bytes = png(10, 10, &[png_chunk(b"iCCP", &profile), png_chunk(b"IDAT", &pixels)]);
    let examined = outcome(&bytes, "image/png").unwrap();
    assert!(examined.renditions.iter().all(|rendition| rendition.bytes.len() < 4096));
}

#[test]
fn what_is_something_else_as_well_is_shown_without_it() {
    let script = b"<script>alert(document.domain)</script>";
    for (format, media_type) in FORMATS {
        let polyglot = [whole(format).as_slice(), script, b"PK\x05\x06"].concat();
        let examined = outcome(&polyglot, media_type).unwrap();
        for rendition in examined.renditions {
            assert!(!rendition.bytes.windows(script.len()).any(|window| window == script), "{media_type}");
        }
    }
    let commented =
        [&whole(ImageFormat::Jpeg)[..2], &[0xFF, 0xFE, 0, 41], script, &whole(ImageFormat::Jpeg)[2..]];
    for rendition in outcome(&commented.concat(), "image/jpeg").unwrap().renditions {
        assert!(!rendition.bytes.windows(script.len()).any(|window| window == script));
    }
}
