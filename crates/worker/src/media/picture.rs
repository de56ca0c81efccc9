//! A picture and its variants: upright, without metadata, never enlarged.

use fast_image_resize::Resizer;
use image::{DynamicImage, ImageFormat, metadata::Orientation};
use plaza_domain::{FilePurpose, VariantName};

use super::{
    MediaError, PictureLimits,
    decode::decode,
    encode::{Style, encode},
};

/// What was found and made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Its width in pixels, upright.
    pub(crate) width: u32,
    /// Its height in pixels, upright.
    pub(crate) height: u32,
    /// One for each variant.
    pub(crate) renditions: Vec<Rendition>,
}

/// The file of one variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendition {
    /// Which variant.
    pub(crate) name: VariantName,
    /// Its media type.
    pub(crate) media_type: &'static str,
    /// Its width in pixels.
    pub(crate) width: u32,
    /// Its height in pixels.
    pub(crate) height: u32,
    /// The file.
    pub(crate) bytes: Vec<u8>,
}

/// Decodes a picture of that media type (of an animated one the first frame) and makes its variants. The same bytes
/// give the same variants.
///
/// # Errors
/// Why the picture is refused, or what failed that is not its fault.
pub(crate) fn render(bytes: &[u8], media_type: &str, limits: PictureLimits) -> Result<Picture, MediaError> {
    let decoded = decode(bytes, media_type, limits)?;
    let style = Style {
        lossless_source: decoded.format != ImageFormat::Jpeg,
        icc_profile: decoded.icc_profile.as_deref(),
    };
    let (width, height) = upright_size(&decoded.pixels, decoded.orientation);

    // From large to small, each from the one before: the full size is dropped as soon as it was used.
    let mut names = VariantName::of(FilePurpose::Attachment).to_vec();
    names.sort_unstable_by_key(|name| std::cmp::Reverse(name.longest_side()));
    let mut resizer = Resizer::new();
    let mut current = decoded.pixels;
    let mut renditions = Vec::with_capacity(names.len());
    for name in names {
        current = shrink(&mut resizer, current, name.longest_side())?;
        let mut upright = current.clone();
        upright.apply_orientation(decoded.orientation);
        let (width, height) = (upright.width(), upright.height());
        let file = encode(upright, style).map_err(|error| MediaError::Internal(error.into()))?;
        renditions.push(Rendition { name, media_type: file.media_type, width, height, bytes: file.bytes });
    }
    Ok(Picture { width, height, renditions })
}

fn upright_size(image: &DynamicImage, orientation: Orientation) -> (u32, u32) {
    let (width, height) = (image.width(), image.height());
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (height, width),
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => (width, height),
    }
}

fn shrink(resizer: &mut Resizer, image: DynamicImage, longest_side: u32) -> Result<DynamicImage, MediaError> {
    let (width, height) = (image.width(), image.height());
    let longest = width.max(height);
    if longest <= longest_side {
        return Ok(image);
    }
    let scaled = |side: u32| {
        let rounded =
            (u64::from(side) * u64::from(longest_side) + u64::from(longest / 2)) / u64::from(longest);
        u32::try_from(rounded).unwrap_or(longest_side).max(1)
    };
    let mut smaller = DynamicImage::new(scaled(width), scaled(height), image.color());
    // The default is Lanczos with three lobes, and takes transparency into account.
    resizer.resize(&image, &mut smaller, None).map_err(|error| MediaError::Internal(error.into()))?;
    Ok(smaller)
}

#[cfg(test)]
mod tests;
