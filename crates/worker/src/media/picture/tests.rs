//! Pictures are made here, byte by byte where an encoder would not make them.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::io::Cursor;

use image::{
    Delay, Frame, GenericImageView, GrayImage, ImageEncoder, ImageFormat, Luma, Rgb, RgbImage, Rgba,
    RgbaImage,
    codecs::{gif::GifEncoder, jpeg::JpegEncoder},
};
use plaza_domain::FileFailure;

use super::*;
use crate::media::RenditionFormat;

const RED: [u8; 3] = [220, 30, 30];
const GREEN: [u8; 3] = [30, 200, 30];
const BLUE: [u8; 3] = [30, 30, 220];
const GRAY: [u8; 3] = [128, 128, 128];

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.into().write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

fn rendered(bytes: &[u8], media_type: &str) -> Examined {
    render(bytes, media_type, &VariantName::ALL, PictureLimits::default()).unwrap()
}

fn refusal(bytes: &[u8], media_type: &str) -> FileFailure {
    match render(bytes, media_type, &VariantName::ALL, PictureLimits::default()) {
        Err(MediaError::Refused(failure)) => failure,
        other => unreachable!("{other:?}"),
    }
}

fn rendition(picture: &Examined, name: VariantName) -> &Rendition {
    picture.renditions.iter().find(|rendition| rendition.name == name).unwrap()
}

fn pixels(rendition: &Rendition) -> DynamicImage {
    let format = ImageFormat::from_mime_type(rendition.format.media_type()).unwrap();
    let image = image::load_from_memory_with_format(&rendition.bytes, format).unwrap();
    assert_eq!(image.dimensions(), (rendition.width, rendition.height));
    image
}

fn is_close(found: Rgba<u8>, wanted: [u8; 3]) -> bool {
    found.0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 40)
}

/// What a camera writes before the picture: an Exif segment (JEITA CP-3451) with an orientation.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).unwrap();
    [&jpeg[..2], &[0xFF, 0xE1], &length.to_be_bytes(), &exif, &jpeg[2..]].concat()
}

/// The picture that is seen: red and green above, blue and gray below.
fn seen(x: u32, y: u32, (width, height): (u32, u32)) -> [u8; 3] {
    match (x < width / 2, y < height / 2) {
        (true, true) => RED,
        (false, true) => GREEN,
        (true, false) => BLUE,
        (false, false) => GRAY,
    }
}

/// The same picture as a camera held another way stores it, after the table of orientations in the Exif standard.
fn stored(orientation: u8, (width, height): (u32, u32)) -> RgbImage {
    let size = if orientation < 5 { (width, height) } else { (height, width) };
    RgbImage::from_fn(size.0, size.1, |x, y| {
        let (x, y) = match orientation {
            1 => (x, y),
            2 => (width - 1 - x, y),
            3 => (width - 1 - x, height - 1 - y),
            4 => (x, height - 1 - y),
            5 => (y, x),
            6 => (width - 1 - y, x),
            7 => (width - 1 - y, height - 1 - x),
            _ => (y, height - 1 - x),
        };
        Rgb(seen(x, y, (width, height)))
    })
}

#[test]
fn every_orientation_is_turned_upright() {
    let size = (400, 200);
    for orientation in 1..=8 {
        let jpeg = with_orientation(&encoded(stored(orientation, size), ImageFormat::Jpeg), orientation);
        let picture = rendered(&jpeg, "image/jpeg");
        assert_eq!(
            (picture.width, picture.height),
            (Some(size.0), Some(size.1)),
            "orientation {orientation}"
        );
        let thumbnail = pixels(rendition(&picture, VariantName::Thumbnail));
        assert_eq!(thumbnail.dimensions(), (256, 128), "orientation {orientation}");
        for (x, y) in [(64, 32), (192, 32), (64, 96), (192, 96)] {
            assert!(
                is_close(thumbnail.get_pixel(x, y), seen(x, y, (256, 128))),
                "orientation {orientation} at {x}, {y}: {:?}",
                thumbnail.get_pixel(x, y)
            );
        }
    }
}

#[test]
fn metadata_is_dropped() {
    let jpeg = with_orientation(&encoded(stored(1, (64, 64)), ImageFormat::Jpeg), 1);
    assert!(jpeg.windows(4).any(|word| word == b"Exif"));
    for rendition in rendered(&jpeg, "image/jpeg").renditions {
        assert!(!rendition.bytes.windows(4).any(|word| word == b"Exif"));
    }
}

#[test]
fn variants_have_their_longest_side_and_keep_the_shape() {
    let picture = rendered(&encoded(stored(1, (3000, 1500)), ImageFormat::Jpeg), "image/jpeg");
    let preview = rendition(&picture, VariantName::Preview);
    let thumbnail = rendition(&picture, VariantName::Thumbnail);
    assert_eq!((preview.width, preview.height), (1280, 640));
    assert_eq!((thumbnail.width, thumbnail.height), (256, 128));
    assert_eq!((preview.format, thumbnail.format), (RenditionFormat::Jpeg, RenditionFormat::Jpeg));
}

#[test]
fn an_avatar_is_the_square_in_the_middle() {
    // Thirds: only the one in the middle is seen.
    let thirds = RgbImage::from_fn(1800, 600, |x, _| Rgb([RED, GREEN, BLUE][(x / 600) as usize]));
    for orientation in [1, 6] {
        let jpeg = with_orientation(&encoded(thirds.clone(), ImageFormat::Jpeg), orientation);
        let avatar = pixels(rendition(&rendered(&jpeg, "image/jpeg"), VariantName::Avatar));
        assert_eq!(avatar.dimensions(), (256, 256));
        for (x, y) in [(8, 8), (247, 8), (128, 128), (8, 247), (247, 247)] {
            assert!(is_close(avatar.get_pixel(x, y), GREEN), "{x}, {y}: {:?}", avatar.get_pixel(x, y));
        }
    }
}

#[test]
fn a_picture_has_a_blur_and_a_colour() {
    let picture =
        rendered(&encoded(RgbImage::from_pixel(900, 300, Rgb(BLUE)), ImageFormat::Png), "image/png");
    assert_eq!(picture.dominant_color, Some(0x001e_1edc));
    // Four waves by two.
    assert_eq!(picture.blur_hash.map(|hash| hash.len()), Some(4 + 2 * 4 * 2));
}

#[test]
fn a_line_stays_a_line() {
    let picture = rendered(&encoded(RgbImage::new(5000, 1), ImageFormat::Png), "image/png");
    let thumbnail = rendition(&picture, VariantName::Thumbnail);
    assert_eq!((thumbnail.width, thumbnail.height), (256, 1));
}

#[test]
fn small_pictures_are_not_enlarged() {
    let picture = rendered(&encoded(stored(1, (40, 20)), ImageFormat::Png), "image/png");
    for name in [VariantName::Thumbnail, VariantName::Preview] {
        let rendition = rendition(&picture, name);
        assert_eq!((rendition.width, rendition.height), (40, 20));
    }
    let avatar = rendition(&picture, VariantName::Avatar);
    assert_eq!((avatar.width, avatar.height), (20, 20));
}

#[test]
fn what_is_transparent_stays_transparent() {
    let image = RgbaImage::from_fn(600, 600, |x, _| Rgba([200, 0, 0, if x < 300 { 0 } else { 255 }]));
    let picture = rendered(&encoded(image, ImageFormat::Png), "image/png");
    let thumbnail = rendition(&picture, VariantName::Thumbnail);
    assert_eq!(thumbnail.format, RenditionFormat::WebP);
    let pixels = pixels(thumbnail);
    assert_eq!(pixels.get_pixel(20, 20).0[3], 0);
    assert_eq!(pixels.get_pixel(230, 20).0, [200, 0, 0, 255]);
}

#[test]
fn an_unused_alpha_channel_is_dropped() {
    let noise = RgbaImage::from_fn(300, 300, |x, y| {
        let value = (x.wrapping_mul(7919) ^ y.wrapping_mul(104_729)).wrapping_mul(2_654_435_761);
        let [a, b, c, _] = value.to_be_bytes();
        Rgba([a, b, c, 255])
    });
    let picture = rendered(&encoded(noise, ImageFormat::Png), "image/png");
    assert_eq!(rendition(&picture, VariantName::Preview).format, RenditionFormat::Jpeg);
}

#[test]
fn a_drawing_becomes_the_smaller_of_jpeg_and_webp() {
    let picture = rendered(&encoded(stored(1, (800, 800)), ImageFormat::Png), "image/png");
    let preview = rendition(&picture, VariantName::Preview);
    assert_eq!(preview.format, RenditionFormat::WebP);
    assert!(preview.bytes.len() < 2000, "{} bytes", preview.bytes.len());
}

#[test]
fn gray_and_sixteen_bit_pictures_are_taken() {
    let gray = GrayImage::from_pixel(300, 300, Luma([77]));
    let picture = rendered(&encoded(gray, ImageFormat::Jpeg), "image/jpeg");
    let middle = pixels(rendition(&picture, VariantName::Thumbnail)).get_pixel(128, 128);
    assert!(is_close(middle, [77, 77, 77]), "{middle:?}");

    let deep = image::ImageBuffer::<Rgb<u16>, _>::from_pixel(300, 300, Rgb([0xFFFF, 0x8000, 0]));
    let picture = rendered(&encoded(deep, ImageFormat::Png), "image/png");
    let middle = pixels(rendition(&picture, VariantName::Thumbnail)).get_pixel(128, 128);
    assert!(is_close(middle, [255, 128, 0]), "{middle:?}");
}

#[test]
fn an_animation_is_shown_by_its_first_frame() {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for [r, g, b] in [GREEN, RED] {
        let image = RgbaImage::from_pixel(50, 50, Rgba([r, g, b, 255]));
        let delay = Delay::from_numer_denom_ms(100, 1);
        encoder.encode_frame(Frame::from_parts(image, 0, 0, delay)).unwrap();
    }
    drop(encoder);
    let picture = rendered(&bytes, "image/gif");
    let thumbnail = pixels(rendition(&picture, VariantName::Thumbnail));
    assert!(is_close(thumbnail.get_pixel(25, 25), GREEN));
    assert!(picture.is_animated);
    assert!(!rendered(&encoded(stored(1, (50, 50)), ImageFormat::Gif), "image/gif").is_animated);
}

/// An animated WebP (RFC 9649, 2.7.1.1) of frames that fill it; at most 256 pixels a side.
fn animated_webp(frames: &[[u8; 3]], side: u8) -> Vec<u8> {
    let chunk = |name: &[u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len()).unwrap();
        let padding = vec![0; data.len() % 2];
        [name.as_slice(), &length.to_le_bytes(), data, &padding].concat()
    };
    let size = [side - 1, 0, 0, side - 1, 0, 0];
    let mut body = b"WEBP".to_vec();
    body.extend(chunk(b"VP8X", &[&[0b10, 0, 0, 0], size.as_slice()].concat()));
    body.extend(chunk(b"ANIM", &[0; 6]));
    for color in frames {
        let still = encoded(RgbImage::from_pixel(side.into(), side.into(), Rgb(*color)), ImageFormat::WebP);
        let header = [&[0; 6], size.as_slice(), &[100, 0, 0, 0]].concat();
        body.extend(chunk(b"ANMF", &[&header, &still[12..]].concat()));
    }
    chunk(b"RIFF", &body)
}

#[test]
fn an_animated_webp_too() {
    let picture = rendered(&animated_webp(&[BLUE, RED], 50), "image/webp");
    let thumbnail = pixels(rendition(&picture, VariantName::Thumbnail));
    assert!(is_close(thumbnail.get_pixel(25, 25), BLUE), "{:?}", thumbnail.get_pixel(25, 25));
    assert!(picture.is_animated);
    assert!(!rendered(&encoded(stored(1, (50, 50)), ImageFormat::WebP), "image/webp").is_animated);
}

/// A JPEG with a colour profile of that space, which is no profile otherwise.
fn with_profile(space: &[u8; 4]) -> (Vec<u8>, Vec<u8>) {
    let profile = [&[7; 16], space.as_slice(), &[7; 108]].concat();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new(&mut bytes);
    encoder.set_icc_profile(profile.clone()).unwrap();
    stored(1, (64, 64)).write_with_encoder(encoder).unwrap();
    (bytes, profile)
}

#[test]
fn colours_keep_their_meaning() {
    let (jpeg, profile) = with_profile(b"RGB ");
    for rendition in rendered(&jpeg, "image/jpeg").renditions {
        assert!(rendition.bytes.windows(profile.len()).any(|window| window == profile));
    }
    let (jpeg, profile) = with_profile(b"CMYK");
    for rendition in rendered(&jpeg, "image/jpeg").renditions {
        assert!(!rendition.bytes.windows(profile.len()).any(|window| window == profile));
    }
}

/// The beginning of a PNG (ISO/IEC 15948) that promises a size, and has no pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let crc = !header.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
    });
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    bytes.extend(header);
    bytes.extend(crc.to_be_bytes());
    bytes.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    bytes
}

#[test]
fn a_bomb_is_refused_before_it_is_decoded() {
    // Nothing can be decoded here: what speaks of pixels was found in the header.
    assert_eq!(refusal(&png_header(100, 100), "image/png"), FileFailure::Unreadable);
    for (width, height) in [(12_001, 1), (1, 12_001), (8_000, 8_000), (60_000, 60_000)] {
        assert_eq!(
            refusal(&png_header(width, height), "image/png"),
            FileFailure::TooManyPixels,
            "{width} × {height}"
        );
    }
}

#[test]
fn a_picture_that_was_cut_short_is_unreadable() {
    let image = stored(1, (500, 500));
    for (format, media_type) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Gif, "image/gif"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let whole = encoded(image.clone(), format);
        assert_eq!(rendered(&whole, media_type).width, Some(500));
        for length in [whole.len() / 2, whole.len() * 9 / 10] {
            assert_eq!(
                refusal(&whole[..length], media_type),
                FileFailure::Unreadable,
                "{length} of {} bytes of {media_type}",
                whole.len()
            );
        }
    }
}

#[test]
fn content_of_another_type_is_refused() {
    let png = encoded(RgbImage::new(8, 8), ImageFormat::Png);
    assert_eq!(refusal(&png, "image/jpeg"), FileFailure::WrongType);
    assert_eq!(refusal(b"MZ\x90\0 a program", "image/png"), FileFailure::WrongType);
    assert_eq!(refusal(&png, "image/svg+xml"), FileFailure::WrongType);
}

#[test]
fn the_same_bytes_give_the_same_variants() {
    let jpeg = encoded(stored(1, (700, 300)), ImageFormat::Jpeg);
    assert_eq!(rendered(&jpeg, "image/jpeg"), rendered(&jpeg, "image/jpeg"));
}
