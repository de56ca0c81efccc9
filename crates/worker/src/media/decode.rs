//! From untrusted bytes to pixels. Size is checked in the header, before anything is decoded: a small file can
//! promise an enormous picture.

use std::io::Cursor;

use gif::DecodeOptions;
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageResult, Limits,
    codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use plaza_domain::FileFailure;

/// What is decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PictureLimits {
    /// The most pixels a side.
    pub(crate) max_side: u32,
    /// The most pixels in all.
    pub(crate) max_pixels: u64,
    /// The most bytes that a decoder may allocate besides the picture itself.
    pub(crate) max_scratch: u64,
}

impl Default for PictureLimits {
    fn default() -> Self {
        Self { max_side: 12_000, max_pixels: 32_000_000, max_scratch: 256 * 1024 * 1024 }
    }
}

/// A picture as it was stored: not yet upright.
pub(super) struct Decoded {
    pub(super) pixels: DynamicImage,
    pub(super) orientation: Orientation,
    /// The colour space its numbers are in; without it a wide-gamut photograph turns pale.
    pub(super) icc_profile: Option<Vec<u8>>,
    pub(super) format: ImageFormat,
    /// Whether more frames follow.
    pub(super) is_animated: bool,
}

type Opened<'a> = (Box<dyn ImageDecoder + 'a>, bool);

/// Decodes the first frame of a picture of that media type.
pub(super) fn decode(bytes: &[u8], media_type: &str, limits: PictureLimits) -> Result<Decoded, FileFailure> {
    let format = accepted_format(media_type)
        .filter(|format| image::guess_format(bytes).is_ok_and(|found| found == *format))
        .ok_or(FileFailure::WrongType)?;
    let (mut decoder, is_animated) = open(bytes, format, decoder_limits(limits)).map_err(refusal)?;
    check_size(decoder.dimensions(), limits)?;
    decoder.set_limits(decoder_limits(limits)).map_err(refusal)?;
    if format == ImageFormat::Jpeg && !is_whole_jpeg(bytes) {
        return Err(FileFailure::Unreadable);
    }
    // Damaged metadata is no reason to refuse a picture whose pixels can be read.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let icc_profile = decoder.icc_profile().unwrap_or_default();
    let pixels = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    Ok(Decoded { pixels: eight_bits(pixels), orientation, icc_profile, format, is_animated })
}

/// A decoder that has read the header, and whether more frames follow.
fn open(bytes: &[u8], format: ImageFormat, limits: Limits) -> ImageResult<Opened<'_>> {
    let input = Cursor::new(bytes);
    Ok(match format {
        ImageFormat::Png => {
            let decoder = PngDecoder::with_limits(input, limits)?;
            let is_animated = decoder.is_apng()?;
            (Box::new(decoder), is_animated)
        }
        ImageFormat::Gif => (Box::new(GifDecoder::new(input)?), has_two_frames(bytes)),
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(input)?;
            let is_animated = decoder.has_animation();
            (Box::new(decoder), is_animated)
        }
        _ => (Box::new(JpegDecoder::new(input)?), false),
    })
}

/// Whether a GIF has more than one frame; none is decoded.
fn has_two_frames(gif: &[u8]) -> bool {
    let mut options = DecodeOptions::new();
    options.skip_frame_decoding(true);
    let Ok(mut decoder) = options.read_info(gif) else {
        return false;
    };
    (0..2).all(|_| matches!(decoder.next_frame_info(), Ok(Some(_))))
}

/// Variants have eight bits a channel; the more that a picture has are of no use, and take twice the memory.
fn eight_bits(pixels: DynamicImage) -> DynamicImage {
    match pixels.color() {
        ColorType::L16 => pixels.into_luma8().into(),
        ColorType::La16 => pixels.into_luma_alpha8().into(),
        ColorType::Rgb16 | ColorType::Rgb32F => pixels.into_rgb8().into(),
        ColorType::Rgba16 | ColorType::Rgba32F => pixels.into_rgba8().into(),
        _ => pixels,
    }
}

fn accepted_format(media_type: &str) -> Option<ImageFormat> {
    match media_type {
        "image/jpeg" => Some(ImageFormat::Jpeg),
        "image/png" => Some(ImageFormat::Png),
        "image/gif" => Some(ImageFormat::Gif),
        "image/webp" => Some(ImageFormat::WebP),
        _ => None,
    }
}

fn decoder_limits(limits: PictureLimits) -> Limits {
    let mut decoder = Limits::no_limits();
    decoder.max_image_width = Some(limits.max_side);
    decoder.max_image_height = Some(limits.max_side);
    decoder.max_alloc = Some(limits.max_scratch);
    decoder
}

fn check_size((width, height): (u32, u32), limits: PictureLimits) -> Result<(), FileFailure> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        Err(FileFailure::Unreadable)
    } else if width > limits.max_side || height > limits.max_side || pixels > limits.max_pixels {
        Err(FileFailure::TooManyPixels)
    } else {
        Ok(())
    }
}

fn refusal(error: ImageError) -> FileFailure {
    match error {
        ImageError::Limits(_) => FileFailure::TooManyPixels,
        _ => FileFailure::Unreadable,
    }
}

/// Whether a JPEG (ITU-T T.81) has an end-of-image marker after its first scan. The decoder fills what is missing with
/// grey, which is right for a viewer and wrong for telling whether an upload is whole.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xDA;
    const END_OF_IMAGE: [u8; 2] = [0xFF, 0xD9];

    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            // Any number of fill bytes may precede a marker.
            [0xFF, 0xFF, ..] => rest = &rest[1..],
            [0xFF, START_OF_SCAN, scan @ ..] => {
                // From behind: there it usually is.
                return scan.windows(2).rev().any(|pair| pair == END_OF_IMAGE);
            }
            [0xFF, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let Some(next) = rest.get(2 + length..) else {
                    return false;
                };
                rest = next;
            }
            // Not where a marker should be: leave the verdict to the decoder.
            [_, ..] => return true,
            [] => return false,
        }
    }
}
