//! From pixels to a small file without metadata.

use std::borrow::Cow;

use image::{ColorType, DynamicImage, ExtendedColorType, ImageEncoder, codecs::webp::WebPEncoder};
use jpeg_encoder::Encoder;
use plaza_application::ports::BoxError;

use super::{MediaError, RenditionFormat};

/// Where photographs stop looking worse and go on growing.
const JPEG_QUALITY: u8 = 82;
/// Profiles of cameras have a few kilobytes; larger ones would outweigh a thumbnail.
const MAX_ICC_PROFILE: usize = 16 * 1024;

/// A file that was made.
pub(super) struct Encoded {
    pub(super) format: RenditionFormat,
    pub(super) bytes: Vec<u8>,
}

/// How to encode.
#[derive(Clone, Copy)]
pub(super) struct Style<'a> {
    /// Whether the picture came without loss: a drawing or a screenshot often gets smaller as WebP than as JPEG.
    pub(super) lossless_source: bool,
    pub(super) icc_profile: Option<&'a [u8]>,
}

impl<'a> Style<'a> {
    fn profile_of(self, image: &DynamicImage) -> Option<&'a [u8]> {
        self.icc_profile.filter(|profile| fits(profile, image.color()))
    }
}

/// Encodes as JPEG or WebP, by whichever serves: what is transparent stays so; of two ways that show the same, the
/// smaller.
pub(super) fn encode(image: &DynamicImage, style: Style<'_>) -> Result<Encoded, MediaError> {
    let flat = match flatten(image) {
        Flattened::Transparent(image) => return webp(&image, style),
        Flattened::Opaque(image) => image,
    };
    let as_jpeg = jpeg(&flat, style)?;
    if !style.lossless_source {
        return Ok(as_jpeg);
    }
    let as_webp = webp(&flat, style)?;
    Ok(if as_webp.bytes.len() < as_jpeg.bytes.len() { as_webp } else { as_jpeg })
}

enum Flattened<'a> {
    Transparent(DynamicImage),
    Opaque(Cow<'a, DynamicImage>),
}

/// Eight bits a channel, and an alpha channel only where a pixel uses it.
fn flatten(image: &DynamicImage) -> Flattened<'_> {
    let color = image.color();
    if color.has_alpha() {
        let rgba = image.to_rgba8();
        if rgba.pixels().any(|pixel| pixel.0[3] < u8::MAX) {
            return Flattened::Transparent(rgba.into());
        }
    }
    Flattened::Opaque(match color {
        ColorType::Rgb8 | ColorType::L8 => Cow::Borrowed(image),
        _ if color.has_color() => Cow::Owned(image.to_rgb8().into()),
        _ => Cow::Owned(image.to_luma8().into()),
    })
}

fn jpeg(image: &DynamicImage, style: Style<'_>) -> Result<Encoded, MediaError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, JPEG_QUALITY);
    if let Some(profile) = style.profile_of(image) {
        encoder.add_icc_profile(profile).map_err(internal)?;
    }
    let color =
        if image.color().has_color() { jpeg_encoder::ColorType::Rgb } else { jpeg_encoder::ColorType::Luma };
    let side = |pixels: u32| u16::try_from(pixels).map_err(internal);
    let (width, height) = (side(image.width())?, side(image.height())?);
    encoder.encode(image.as_bytes(), width, height, color).map_err(internal)?;
    Ok(Encoded { format: RenditionFormat::Jpeg, bytes })
}

fn webp(image: &DynamicImage, style: Style<'_>) -> Result<Encoded, MediaError> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    if let Some(profile) = style.profile_of(image) {
        encoder.set_icc_profile(profile.to_vec()).map_err(internal)?;
    }
    let color = ExtendedColorType::from(image.color());
    encoder.write_image(image.as_bytes(), image.width(), image.height(), color).map_err(internal)?;
    Ok(Encoded { format: RenditionFormat::WebP, bytes })
}

fn internal(error: impl Into<BoxError>) -> MediaError {
    MediaError::Internal(error.into())
}

/// Whether a profile speaks of the channels that the picture has (ICC.1, 7.2.6: bytes 16 to 19 name the colour
/// space): that of a CMYK picture no longer does, its pixels were converted.
fn fits(profile: &[u8], color: ColorType) -> bool {
    let space: &[u8] = if color.has_color() { b"RGB " } else { b"GRAY" };
    profile.len() <= MAX_ICC_PROFILE && profile.get(16..20) == Some(space)
}
